"""Lists of proposals: counted, filtered and paged by the database, without the diffs."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy
from sqlalchemy import ColumnElement, Select, SQLColumnExpression, String, and_, cast, func, or_
from sqlalchemy.orm import aliased
from sqlmodel import Session, col, select

from sigma_core.database import joined_texts
from sigma_core.errors import Invalid
from sigma_core.listing import Listing, identifier
from sigma_core.projects.tables import Project
from sigma_core.proposals.tables import (
    Decision,
    Proposal,
    ProposalAssignment,
    ProposalIssue,
    ProposalState,
    Verification,
    issue_ids,
)
from sigma_core.text import is_storable, why_unstorable

SCORE_BINS = 20
_SHOWN = (
    "id",
    "project_id",
    "issue_id",
    "title",
    "state",
    "change_type",
    "fixer",
    "rule",
    "files",
    "parts",
    "confidence",
    "origin",
    "base_commit",
    "created_at",
    "changed_at",
)


@dataclass(frozen=True)
class Wanted:
    """Which proposals are listed: of one project (None: of all), in one of these states (none: in any), holding every
    word of `text` in title, rule, files or id, looked after by `assignee` (empty: by nobody; None: whoever does)."""

    project_id: int | None = None
    states: tuple[str, ...] = ()
    text: str = ""
    assignee: str | None = None

    def __post_init__(self) -> None:
        """Raises `Invalid` for a state there is not, and for what cannot be a name."""
        if self.assignee is not None and not is_storable(self.assignee):
            raise Invalid({"assignee": why_unstorable(self.assignee)})
        for state in self.states:
            if state not in list(ProposalState):
                raise Invalid({"state": f"{state} is not one of {', '.join(ProposalState)}"})


@dataclass(frozen=True)
class ProposalLine:
    """What a list shows of a proposal."""

    id: int
    project_id: int
    issue_id: int | None
    title: str
    state: str
    change_type: str
    fixer: str
    rule: str | None
    files: Sequence[str]
    parts: Sequence[dict[str, Any]]
    confidence: float
    origin: str
    base_commit: str
    created_at: datetime
    changed_at: datetime
    project: str
    reasons: Sequence[str]
    """Of the latest decision; empty before the first."""

    @property
    def issue_ids(self) -> Sequence[int]:
        """All issues it is for."""
        return issue_ids(self.issue_id, self.parts)

    @property
    def reason(self) -> str:
        """Why it stands where it stands, in a few words; empty before the first decision."""
        return self.reasons[0] if self.reasons else ""


@dataclass(frozen=True)
class QueuePosition:
    """Where a proposal stands among those that wait for a person, who waits longest first.

    `number` counts from 1; None where it does not wait. `after` is the first of them then.
    """

    number: int | None
    total: int
    before: int | None
    after: int | None


_one = aliased(Decision)
_latest = select(func.max(_one.id)).where(_one.proposal_id == Proposal.id).correlate(Proposal).scalar_subquery()
_reasons = (
    sqlalchemy.select(col(Decision.reasons)).where(col(Decision.id) == _latest).correlate(Proposal).scalar_subquery()
)
_assignee = (
    sqlalchemy.select(col(ProposalAssignment.assignee))
    .where(col(ProposalAssignment.line_id) == func.coalesce(col(Proposal.lineage_id), col(Proposal.id)))
    .correlate(Proposal)
    .scalar_subquery()
)
_project = (
    sqlalchemy.select(col(Project.name))
    .where(col(Project.id) == Proposal.project_id)
    .correlate(Proposal)
    .scalar_subquery()
)
LIST = Listing(
    key=identifier(Proposal),
    columns={
        **{name: getattr(Proposal, name) for name in _SHOWN if name != "parts"},
        "project": _project,
        "assignee": _assignee,
        "reasons": _reasons,
        "decision_id": _latest,
    },
    order="-changed_at",
    unsorted=frozenset({"files", "reasons", "decision_id"}),
)
"""Proposals as the console lists and exports them."""


def counts(session: Session, project_id: int | None) -> dict[str, int]:
    """Number of proposals by state; every state is there."""
    query = select(Proposal.state, func.count()).group_by(Proposal.state)
    if project_id is not None:
        query = query.where(Proposal.project_id == project_id)
    counted = dict(session.exec(query).all())
    return {state.value: counted.get(state, 0) for state in ProposalState}


def score_counts(session: Session, project_id: int | None) -> tuple[int, ...]:
    """How many of the committee's decisions scored within each `SCORE_BINS`th of 0–1, the lowest first."""
    score = col(Decision.score)
    at = cast(func.floor(score * SCORE_BINS), sqlalchemy.Integer)
    query = sqlalchemy.select(at, func.count()).where(col(Decision.decided_by) == "committee", score.is_not(None))
    if project_id is not None:
        query = query.join(Proposal, col(Proposal.id) == Decision.proposal_id).where(
            col(Proposal.project_id) == project_id
        )
    counted = [0] * SCORE_BINS
    for place, number in session.execute(query.group_by(at)):
        # 1 itself belongs to the highest
        counted[min(place, SCORE_BINS - 1)] += number
    return tuple(counted)


def count(session: Session, wanted: Wanted) -> int:
    """How many there are."""
    return session.exec(select(func.count()).select_from(Proposal).where(*conditions(session, wanted))).one()


def newest(session: Session, wanted: Wanted, limit: int, offset: int = 0) -> tuple[ProposalLine, ...]:
    """One page of them, what changed last first."""
    return _page(session, wanted, (col(Proposal.changed_at).desc(), col(Proposal.id).desc()), limit, offset)


def waiting_longest(session: Session, project_id: int | None, limit: int, offset: int = 0) -> tuple[ProposalLine, ...]:
    """The first of those that wait for a person, who waits longest first."""
    wanted = Wanted(project_id, (ProposalState.NEEDS_HUMAN,))
    return _page(session, wanted, (col(Proposal.created_at), col(Proposal.id)), limit, offset)


def for_issue(session: Session, issue_id: int) -> tuple[ProposalLine, ...]:
    """Those that are for an issue, newest first."""
    mine = select(ProposalIssue.proposal_id).where(ProposalIssue.issue_id == issue_id)
    found = session.execute(_lines().where(col(Proposal.id).in_(mine) | (Proposal.issue_id == issue_id)))
    lines = (ProposalLine(**{**row, "reasons": row["reasons"] or ()}) for row in found.mappings())
    return tuple(sorted(lines, key=lambda line: -line.id))


def of_run(session: Session, run_id: int, prompt: str | None = None) -> tuple[ProposalLine, ...]:
    """Those that a run wrote (with a prompt, where one is named) or proved, newest first, a hundred at most."""
    wrote = col(Proposal.run_id) == run_id
    if prompt is not None:
        wrote &= col(Proposal.prompt_version).startswith(prompt, autoescape=True)
    proved = select(Verification.proposal_id).where(Verification.run_id == run_id)
    newest_first = _lines().where(wrote | col(Proposal.id).in_(proved)).order_by(col(Proposal.id).desc())
    found = session.execute(newest_first.limit(100))
    return tuple(ProposalLine(**{**row, "reasons": row["reasons"] or ()}) for row in found.mappings())


def place(session: Session, proposal_id: int, project_id: int | None) -> QueuePosition:
    """Where a proposal stands in the queue for a person, and its neighbours there."""
    queue = conditions(session, Wanted(project_id, (ProposalState.NEEDS_HUMAN,)))
    total = count(session, Wanted(project_id, (ProposalState.NEEDS_HUMAN,)))
    mine = session.exec(select(Proposal.created_at).where(*queue, col(Proposal.id) == proposal_id)).first()
    at, key = col(Proposal.created_at), col(Proposal.id)
    if mine is None:
        return QueuePosition(
            None, total, None, session.exec(select(Proposal.id).where(*queue).order_by(at, key)).first()
        )
    earlier = or_(at < mine, and_(at == mine, key < proposal_id))
    later = or_(at > mine, and_(at == mine, key > proposal_id))
    ahead = session.exec(select(func.count()).select_from(Proposal).where(*queue, earlier)).one()
    before = select(Proposal.id).where(*queue, earlier).order_by(at.desc(), key.desc()).limit(1)
    after = select(Proposal.id).where(*queue, later).order_by(at, key).limit(1)
    return QueuePosition(ahead + 1, total, session.exec(before).first(), session.exec(after).first())


def _page(
    session: Session, wanted: Wanted, order: tuple[SQLColumnExpression[Any], ...], limit: int, offset: int
) -> tuple[ProposalLine, ...]:
    page = sqlalchemy.select(col(Proposal.id)).where(*conditions(session, wanted)).order_by(*order)
    ids = page.limit(limit).offset(offset).subquery()
    rows = session.execute(_lines().join(ids, ids.c.id == Proposal.id).order_by(*order))
    return tuple(ProposalLine(**{**row, "reasons": row["reasons"] or ()}) for row in rows.mappings())


def _lines() -> Select[Any]:
    one = aliased(Decision)
    latest = select(func.max(one.id)).where(one.proposal_id == Proposal.id).correlate(Proposal).scalar_subquery()
    columns = [getattr(Proposal, name) for name in _SHOWN]
    return (
        sqlalchemy.select(*columns, col(Project.name).label("project"), col(Decision.reasons).label("reasons"))
        .select_from(Proposal)
        .join(Project, col(Project.id) == Proposal.project_id)
        .outerjoin(Decision, col(Decision.id) == latest)
    )


def conditions(session: Session, wanted: Wanted) -> list[ColumnElement[bool]]:
    """What is asked of a row for it to be among those wanted."""
    found: list[ColumnElement[bool]] = []
    if wanted.project_id is not None:
        found.append(col(Proposal.project_id) == wanted.project_id)
    if wanted.states:
        found.append(col(Proposal.state).in_(wanted.states))
    if wanted.assignee is not None:
        found.append(_assignee == wanted.assignee if wanted.assignee else _assignee.is_(None))
    if words := wanted.text.lower().split():
        files = func.coalesce(joined_texts(session, col(Proposal.files)), "")
        held = col(Proposal.title) + " " + func.coalesce(Proposal.rule, "") + " " + files
        text = func.lower(held + " " + cast(col(Proposal.id), String))
        found += [text.contains(word, autoescape=True) for word in words]
    return found
