"""What a fix costs: the calls of a time beside the fixes that it brought."""

from dataclasses import dataclass
from datetime import UTC, date, datetime, time

from sqlmodel import Session, col, func, select

from sigma_core.proposals.lineage import latest_decisions
from sigma_core.proposals.outcomes.kinds import SURVIVING
from sigma_core.proposals.tables import Decision, Outcome, Proposal, Verdict


@dataclass(frozen=True)
class Fixes:
    """Fixes accepted in a time, and those that were seen to survive in it."""

    accepted: int
    survived: int

    def document(self, cost_nano_usd: int | None) -> dict[str, int | None]:
        """As JSON, with what one cost; None where there was none or nothing has a price."""
        return {
            "accepted": self.accepted,
            "survived": self.survived,
            "cost_per_accepted_nano_usd": each(cost_nano_usd, self.accepted),
            "cost_per_survived_nano_usd": each(cost_nano_usd, self.survived),
        }


def each(cost_nano_usd: int | None, fixes: int) -> int | None:
    """What one of so many fixes cost; None where there was none or nothing has a price."""
    return cost_nano_usd // fixes if cost_nano_usd is not None and fixes else None


def fixes_since(session: Session, since: date, project_id: int | None = None) -> Fixes:
    """Of all projects or one, from the beginning of a day (UTC) on. A fix counts by its latest decision."""
    moment = datetime.combine(since, time.min, UTC)
    accepted = select(func.count()).where(
        col(Decision.id).in_(latest_decisions()), Decision.verdict == Verdict.APPROVED, Decision.created_at >= moment
    )
    survived = select(func.count()).where(Outcome.kind == SURVIVING, Outcome.created_at >= moment)
    if project_id is not None:
        own = select(Proposal.id).where(Proposal.project_id == project_id)
        accepted = accepted.where(col(Decision.proposal_id).in_(own))
        survived = survived.where(col(Outcome.proposal_id).in_(own))
    return Fixes(session.exec(accepted).one(), session.exec(survived).one())
