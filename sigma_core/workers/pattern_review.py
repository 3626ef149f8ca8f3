"""Learning's second look: what outcomes have in common beyond their rule and fixer."""

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass

from sqlmodel import Session

from sigma_core.clock import Clock
from sigma_core.database import Database
from sigma_core.exchange.types import PatternEvolution
from sigma_core.learning.pattern_checks import CheckedPattern, plausible
from sigma_core.learning.posterior import trend
from sigma_core.learning.service import Learning
from sigma_core.learning.tables import TrackRecord
from sigma_core.projects.tables import Project
from sigma_core.prompts.questions import Questions
from sigma_core.redaction import redact
from sigma_core.workers.base import CycleContext, Publish
from sigma_core.workers.memory import change, read
from sigma_core.workers.model_questions import ModelQuestions, NoAnswer

PROMPT = "learning/pattern_extraction"
MOST_OUTCOMES, MOST_KNOWN = 200, 50
"""As many as the prompt takes."""


@dataclass(frozen=True)
class PatternReview:
    """Asks once for each state of the record: when decisions have been counted since the last answer."""

    database: Database
    clock: Clock
    learning: Learning
    questions: Questions

    def __call__(self, project: Project, context: CycleContext, publish: Publish) -> Mapping[str, int]:
        """How many patterns were told, and how many questions had no answer. Call it outside of any transaction."""
        key = str(project.id)
        outcomes, newest = self.learning.outcomes(project.id or 0, MOST_OUTCOMES)
        with self.database.reading() as session:
            read_until: int = read(session, "learning").get("extracted", {}).get(key, 0)
        if newest <= read_until:
            return {}
        context.progress(f"looking for patterns in {len(outcomes)} outcomes")
        asking = ModelQuestions(self.questions, project, context.run_id)
        said = asking(
            PROMPT,
            project=project.name[:120],
            outcomes=[asdict(each) for each in outcomes],
            known=[_pattern_document(each.name, each.successes, each.failures) for each in self._track_records(project)]
            or None,
        )
        if said is NoAnswer.LATER:
            return asking.figures
        patterns = [] if isinstance(said, NoAnswer) else list(plausible(said.data["patterns"], outcomes))
        with self.database.transaction() as session:
            told = sum(self._tell(session, project, each, newest, publish) for each in patterns)
            change(
                session,
                self.clock,
                "learning",
                lambda memory: {**memory, "extracted": {**memory.get("extracted", {}), key: newest}},
            )
        return {"patterns": told, **asking.figures}

    def _track_records(self, project: Project) -> Sequence[TrackRecord]:
        return self.learning.track_records(project.id or 0)[:MOST_KNOWN]

    def _tell(self, session: Session, project: Project, said: CheckedPattern, newest: int, publish: Publish) -> int:
        """A counted pattern learns when it holds; one that nobody counts is told, as sure as its counts make it."""
        if self.learning.describe(session, project.id or 0, said):
            return 0
        verdict, confidence = trend(said.successes, said.failures)
        evolution = PatternEvolution(
            pattern=redact(said.name), trend=verdict, confidence=confidence, origin_project=project.name
        )
        name = hashlib.sha256(said.name.encode()).hexdigest()[:16]
        publish(evolution, origin=f"extracted/{project.id}/{name}/{newest}", session=session)
        return 1


def _pattern_document(name: str, successes: int, failures: int) -> dict[str, object]:
    return {"name": name, "successes": successes, "failures": failures}
