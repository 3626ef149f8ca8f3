"""What a person looked at when deciding, so that nobody decides on what is no longer there."""

from dataclasses import asdict, dataclass
from typing import Any, Self

from sqlmodel import Session, col, select

from sigma_core.errors import Conflict
from sigma_core.proposals.tables import Decision, Proposal


@dataclass(frozen=True)
class ProposalSnapshot:
    """A proposal at one moment: its state, the commit it rests on and its latest decision."""

    state: str
    base_commit: str
    decision_id: int | None

    @classmethod
    def of(cls, proposal: Proposal, decision: Decision | None) -> Self:
        """As it stands with this latest decision."""
        return cls(proposal.state, proposal.base_commit, decision.id if decision else None)

    def stored(self) -> dict[str, Any]:
        """The same as a decision's row keeps it."""
        return asdict(self)


def last_decision(session: Session, proposal: Proposal) -> Decision | None:
    """The newest decision on a proposal, by whomever."""
    query = select(Decision).where(Decision.proposal_id == proposal.id).order_by(col(Decision.id).desc())
    return session.exec(query.limit(1)).first()


def refuse_changed(seen: ProposalSnapshot | None, proposal: Proposal, latest: Decision | None) -> None:
    """Raises `Conflict`, which says what has changed and by whom, where the proposal is not as it was seen."""
    now = ProposalSnapshot.of(proposal, latest)
    if seen is None or seen == now:
        return
    raise Conflict(f"Proposal {proposal.id} has changed since you looked at it: {_difference(seen, now, latest)}.")


def _difference(seen: ProposalSnapshot, now: ProposalSnapshot, latest: Decision | None) -> str:
    told = seen.decision_id != now.decision_id or seen.base_commit == now.base_commit
    if latest is not None and told and latest.verdict == now.state:
        because = f" ({'; '.join(latest.reasons).rstrip('.')})" if latest.reasons else ""
        return f"it was {_words(seen.state)} and has been {_decided(latest)}{because}"
    if seen.base_commit != now.base_commit:
        return f"it rested on {seen.base_commit[:8]} and has been moved to {now.base_commit[:8]}, {_words(now.state)}"
    return f"it was {_words(seen.state)} and is {_words(now.state)}"


def _decided(latest: Decision) -> str:
    if latest.verdict == "needs_human":
        return f"left to a person by {latest.actor}"
    return f"{latest.verdict} by {latest.actor}"


def _words(state: str) -> str:
    return state.replace("_", " ")
