"""What the dreamer had evolved is tried on a share of runs, where its tests let it."""

from collections.abc import Mapping
from dataclasses import dataclass

import structlog
from sqlmodel import Session, col, select

from sigma_core.database import Database
from sigma_core.errors import SigmaError
from sigma_core.prompts.canary import Canaries
from sigma_core.prompts.evolution.tables import PromptEvolution
from sigma_core.prompts.tables import PromptCanary

ACTOR = "dreamer"
_log = structlog.get_logger()


@dataclass(frozen=True)
class CanaryProposals:
    """Begins a canary of each version that an evolution in the dreamer's name has made, once."""

    database: Database
    canaries: Canaries

    def __call__(self) -> Mapping[str, int]:
        """How many were begun. Call it outside of any transaction."""
        with self.database.reading() as session:
            due = _untried(session)
        return {"canaries": begun} if (begun := sum(self._begin(each) for each in due)) else {}

    def _begin(self, evolution: PromptEvolution) -> bool:
        name, number = str(evolution.template_id), evolution.made_number or 0
        why = f"Evolution {evolution.id}: {evolution.verdict or evolution.reason}"[:2000]
        try:
            self.canaries.start(name, number, reason=why, actor=ACTOR)
        except SigmaError as error:
            # Its tests speak against it, another canary runs, or it is in production by now
            _log.info("canary_not_begun", template=name, version=number, why=str(error))
            return False
        return True


def _untried(session: Session) -> list[PromptEvolution]:
    made = select(PromptEvolution).where(
        PromptEvolution.requested_by == ACTOR, col(PromptEvolution.made_number).is_not(None)
    )
    tried = {
        *session.exec(select(PromptCanary.candidate_template, PromptCanary.candidate_number)).all(),
    }
    found = session.exec(made.order_by(col(PromptEvolution.id))).all()
    return [each for each in found if (each.template_id, each.made_number) not in tried]
