"""A person's decision taken back a moment later: it is as if it had not been made, and the audit log tells of both."""

from datetime import datetime, timedelta

from sqlalchemy.exc import IntegrityError
from sqlmodel import Session

from sigma_core.errors import Conflict, Forbidden
from sigma_core.proposals.snapshot import last_decision
from sigma_core.proposals.tables import Decision, Proposal, ProposalState

WITHDRAWAL = timedelta(seconds=10)
"""How long a person may take back what was decided by mistake."""


def withdraw(session: Session, proposal: Proposal, actor: str, now: datetime) -> Decision:
    """Remove the person's latest decision in the caller's transaction and restore the state before it.

    Raises `Forbidden` for somebody else's decision, `Conflict` where it is too late or something rests on it already.
    """
    decision = last_decision(session, proposal)
    if decision is None or decision.decided_by != "person" or decision.seen is None:
        raise Conflict(f"Nobody has decided proposal {proposal.id} a moment ago; there is nothing to take back.")
    if decision.actor != actor:
        raise Forbidden(f"Proposal {proposal.id} was {decision.verdict} by {decision.actor}, who alone takes it back.")
    if now - decision.created_at > WITHDRAWAL:
        seconds = round(WITHDRAWAL.total_seconds())
        raise Conflict(f"A decision can be taken back for {seconds} seconds; decide proposal {proposal.id} anew.")
    if proposal.state != decision.verdict:
        raise Conflict(f"Proposal {proposal.id} is {proposal.state} by now; the decision cannot be taken back.")
    try:
        with session.begin_nested():
            session.delete(decision)
    except IntegrityError:
        raise Conflict(f"What proposal {proposal.id} taught is counted already; decide it anew.") from None
    proposal.state, proposal.changed_at = ProposalState(decision.seen["state"]), now
    proposal.apply_requested_by = None
    session.add(proposal)
    return decision
