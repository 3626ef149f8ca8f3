"""One change over the commits it was carried to: the proposals that it was, and the decision that holds for it."""

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from itertools import groupby

from sqlalchemy import ColumnElement
from sqlmodel import Session, col, func, select
from sqlmodel.sql.expression import SelectOfScalar

from sigma_core.proposals import diff as diffs
from sigma_core.proposals.diff import FileChange
from sigma_core.proposals.tables import Decision, Proposal, ProposalIssue, ProposalState

LOOKED_BACK = 200
"""Newest proposals among which the same change is looked for."""
_OVER = (ProposalState.REJECTED, ProposalState.APPLIED)
Renames = Callable[[str], Mapping[str, str]]
"""From a commit to the one in hand: old paths by new ones."""


def line_of(proposal: Proposal) -> int:
    """What all proposals of the same change have in common: the id of the first of them."""
    return proposal.lineage_id or proposal.id or 0


def line() -> ColumnElement[int]:
    """The same as a column."""
    return func.coalesce(col(Proposal.lineage_id), col(Proposal.id))


def latest_decisions(decided_by: str | None = None) -> SelectOfScalar[int | None]:
    """Ids of the latest decision on each change, of anybody or of the committee or a person alone."""
    latest = select(func.max(Decision.id)).join(Proposal, col(Proposal.id) == Decision.proposal_id).group_by(line())
    return latest if decided_by is None else latest.where(Decision.decided_by == decided_by)


def successor_of(session: Session, proposal_id: int) -> int | None:
    """The proposal that a change was carried on as to a later commit."""
    return session.exec(select(func.max(Proposal.id)).where(Proposal.predecessor_id == proposal_id)).one()


def said_of_successor(session: Session, proposal: Proposal) -> str:
    """A sentence on where the change is by now, after another one; nothing where it was not carried on."""
    carried = successor_of(session, proposal.id or 0)
    return f" It was carried to a later commit as proposal {carried}." if carried else ""


def earlier(
    session: Session,
    project_id: int,
    changes: Sequence[FileChange],
    issue_id: int | None,
    renames: Renames = lambda _base: {},
) -> Iterator[Proposal]:
    """Proposals of the same change, the newest first: of the same issue, or handed in for the same files.

    An issue goes with its file when that is renamed; what was handed in is found under its old paths by `renames`.
    """
    same_issue = col(Proposal.issue_id).is_(None) if issue_id is None else _is_for(issue_id)
    query = select(Proposal).where(Proposal.project_id == project_id, same_issue)
    wanted = _lines(changes)
    for proposal in session.exec(query.order_by(col(Proposal.id).desc()).limit(LOOKED_BACK)):
        if _lines(diffs.parse(proposal.diff)) == wanted and (
            issue_id is not None or _same_files(proposal, changes, renames)
        ):
            yield proposal


def is_over(
    session: Session,
    project_id: int,
    changes: Sequence[FileChange],
    issue_id: int,
    only: Collection[int] | None = None,
) -> bool:
    """Whether this fix of an issue, by itself or among others, was refused or merged. Of several fixes `only` are the
    numbers of its edits."""
    query = select(Proposal).where(Proposal.project_id == project_id, col(Proposal.state).in_(_OVER), _is_for(issue_id))
    wanted = _edits(changes, only)
    return any(
        _edits(diffs.parse(each.diff), _of_issue(each, issue_id)) == wanted
        for each in session.exec(query.order_by(col(Proposal.id).desc()).limit(LOOKED_BACK))
    )


def _is_for(issue_id: int) -> ColumnElement[bool]:
    mine = select(ProposalIssue.proposal_id).where(ProposalIssue.issue_id == issue_id)
    return col(Proposal.id).in_(mine)


def _of_issue(proposal: Proposal, issue_id: int) -> Collection[int] | None:
    """The numbers of the edits that mend an issue; None where all do."""
    return next((part["edits"] for part in proposal.parts if part["issue_id"] == issue_id), None)


def _edits(changes: Sequence[FileChange], only: Collection[int] | None = None) -> list[Sequence[tuple[str, str]]]:
    """What each edit removes and adds, wherever that is, of those with these numbers."""
    runs = (groupby(hunk.lines, key=lambda line: line[0] != " ") for each in changes for hunk in each.hunks)
    edits: list[Sequence[tuple[str, str]]] = [[*lines] for run in runs for changed, lines in run if changed]
    return [edit for number, edit in enumerate(edits) if only is None or number in only]


def _same_files(proposal: Proposal, changes: Sequence[FileChange], renames: Renames) -> bool:
    files = [change.path for change in changes]
    if files == proposal.files:
        return True
    former = renames(proposal.base_commit)
    return [former.get(file, file) for file in files] == proposal.files


def _lines(changes: Sequence[FileChange]) -> list[list[tuple[str, str]]]:
    """What is removed and added, file by file, wherever that is."""
    return [[line for hunk in change.hunks for line in hunk.lines if line[0] != " "] for change in changes]
