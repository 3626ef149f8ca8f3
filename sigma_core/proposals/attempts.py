"""What was tried on a rule, or in a file, and how it was decided: as sentences that recall answers with."""

from collections.abc import Sequence

from sqlmodel import Session, col, func, or_, select

from sigma_core.database import Database
from sigma_core.issues.tables import Issue, IssueState
from sigma_core.proposals.tables import Decision, Proposal
from sigma_core.recall.answer import Sentence

MOST_LOOKED_AT, MOST_TOLD = 500, 8
MOST_REASONS = 3


def attempts(database: Database, project_id: int | None, on: str) -> Sequence[Sentence]:
    """Proposals of a rule, or that change a file, the newest first; that there are none, where it is so."""
    with database.reading() as session:
        recent = select(Proposal).order_by(col(Proposal.id).desc())
        if project_id is not None:
            recent = recent.where(Proposal.project_id == project_id)
        of_rule = list(session.exec(recent.where(Proposal.rule == on).limit(MOST_LOOKED_AT)))
        # Files are stored as JSON, which each database searches in its own way
        found = of_rule or [each for each in session.exec(recent.limit(MOST_LOOKED_AT)) if on in each.files]
        decided = _decisions(session, [each.id or 0 for each in found])
        if not found:
            return [_nothing(session, project_id, on)]
    counts = [
        f"{sum(each.state == state for each in found)} {state}" for state in dict.fromkeys(p.state for p in found)
    ]
    told = f"{len(found)} {'proposal was' if len(found) == 1 else 'proposals were'} made on {on}: {', '.join(counts)}."
    newest = found[0]
    return [
        Sentence(told, f"proposal/{newest.id}", newest.created_at),
        *(_sentence(each, decided.get(each.id or 0)) for each in found[:MOST_TOLD]),
    ]


def _nothing(session: Session, project_id: int | None, on: str) -> Sentence:
    """That nothing was tried is an answer too, with how many issues wait."""
    is_open = col(Issue.state).in_((IssueState.OPEN, IssueState.REOPENED))
    waiting = select(func.count()).where(or_(col(Issue.rule) == on, col(Issue.file) == on), is_open)
    if project_id is not None:
        waiting = waiting.where(Issue.project_id == project_id)
    count = session.exec(waiting).one()
    issues = f" {count} of its issues {'is' if count == 1 else 'are'} open." if count else ""
    return Sentence(f"No proposal was ever made on {on} here.{issues}", f"issues/{on}")


def _decisions(session: Session, ids: Sequence[int]) -> dict[int, Decision]:
    """The last of each proposal."""
    made = session.exec(select(Decision).where(col(Decision.proposal_id).in_(ids)).order_by(col(Decision.id)))
    return {each.proposal_id: each for each in made}


def _sentence(proposal: Proposal, decision: Decision | None) -> Sentence:
    what = f"Proposal {proposal.id}, “{proposal.title}” in {', '.join(proposal.files)}"
    if decision is None:
        return Sentence(f"{what}, is not decided yet.", f"proposal/{proposal.id}", proposal.created_at)
    why = f": {'; '.join(decision.reasons[:MOST_REASONS])}" if decision.reasons else ""
    said = f"{what}, {_VERDICTS.get(decision.verdict, decision.verdict)} by {decision.actor}{why}."
    return Sentence(said, f"decision/{decision.id}", decision.created_at)


_VERDICTS = {"approved": "was approved", "rejected": "was rejected", "needs_human": "was left to a person"}
