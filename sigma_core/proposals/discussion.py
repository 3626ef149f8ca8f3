"""What people say about a change, and who looks after it: of the change, on whichever commit it is proposed by now."""

from collections.abc import Sequence
from dataclasses import dataclass

from sqlmodel import Session, col, func, select

from sigma_core import audit
from sigma_core.clock import Clock
from sigma_core.database import Database
from sigma_core.errors import Conflict, Invalid
from sigma_core.proposals.lineage import line_of
from sigma_core.proposals.service import Proposals
from sigma_core.proposals.tables import Proposal, ProposalAssignment, ProposalComment
from sigma_core.redaction import redact
from sigma_core.text import storable

LONGEST_COMMENT = 4000
LONGEST_NAME = 200
MOST_COMMENTS = 500


@dataclass(frozen=True)
class ProposalDiscussion:
    """Who looks after a change, and what was said of it, in order."""

    assignee: str | None
    comments: Sequence[ProposalComment]


@dataclass(frozen=True)
class SeenAssignee:
    """Who looked after it when somebody decided that another should."""

    name: str | None


class Discussions:
    """Comments and assignees."""

    def __init__(self, database: Database, clock: Clock, proposals: Proposals) -> None:
        self._database, self._clock, self._proposals = database, clock, proposals

    def of(self, key: int | str) -> ProposalDiscussion:
        """Raises `NotFound`."""
        line = line_of(self._proposals.get(key))
        said = select(ProposalComment).where(ProposalComment.line_id == line).order_by(col(ProposalComment.id))
        with self._database.reading() as session:
            assignment = session.get(ProposalAssignment, line)
            return ProposalDiscussion(assignment.assignee if assignment else None, session.exec(said).all())

    def assignees(self) -> Sequence[str]:
        """All who look after something."""
        with self._database.reading() as session:
            names = select(ProposalAssignment.assignee).distinct().order_by(col(ProposalAssignment.assignee))
            return session.exec(names).all()

    def comment(self, key: int | str, text: str, *, actor: str) -> ProposalComment:
        """Say something about it; secrets are taken out. Raises `NotFound`, `Invalid`, or `Conflict` for too many."""
        text = text.strip()
        if not 0 < len(text) <= LONGEST_COMMENT:
            raise Invalid({"text": f"1 to {LONGEST_COMMENT} characters"})
        proposal = self._proposals.get(key)
        with self._database.transaction() as session:
            line = self._held(session, proposal)
            mine = ProposalComment.line_id == line
            if session.exec(select(func.count()).select_from(ProposalComment).where(mine)).one() >= MOST_COMMENTS:
                raise Conflict(f"There are {MOST_COMMENTS} comments already, which is as many as are kept.")
            comment = ProposalComment(
                line_id=line,
                proposal_id=proposal.id or 0,
                author=actor,
                text=storable(redact(text), LONGEST_COMMENT),
                created_at=self._clock(),
            )
            session.add(comment)
            audit.record(session, self._clock, actor=actor, action="comment", object=f"proposal/{proposal.id}")
        return comment

    def assign(self, key: int | str, name: str | None, *, actor: str, seen: SeenAssignee | None = None) -> None:
        """Have somebody look after it, or nobody. With `seen`, raises `Conflict` where it is another's by now.

        Raises `NotFound`, and `Invalid` for what is no name.
        """
        name = name.strip() if name is not None else None
        if name is not None and not (0 < len(name) <= LONGEST_NAME and name.isprintable()):
            raise Invalid({"name": f"one line of 1 to {LONGEST_NAME} characters"})
        proposal = self._proposals.get(key)
        with self._database.transaction() as session:
            line = self._held(session, proposal)
            now = session.get(ProposalAssignment, line)
            holder = now.assignee if now else None
            if seen is not None and holder != seen.name:
                raise Conflict(f"Proposal {proposal.id} is assigned to {holder or 'nobody'} by now.")
            if name == holder:
                return
            if now is not None:
                session.delete(now)
                session.flush()
            if name is not None:
                moment = self._clock()
                session.add(ProposalAssignment(line_id=line, assignee=name, assigned_by=actor, assigned_at=moment))
            reason = f"to {name}" if name is not None else "to nobody"
            audit.record(
                session, self._clock, actor=actor, action="assign", object=f"proposal/{proposal.id}", reason=reason
            )

    def _held(self, session: Session, proposal: Proposal) -> int:
        """The change, for nobody else to speak of until the transaction ends."""
        line = line_of(proposal)
        self._database.lock(session, f"discussion/{line}")
        return line
