"""Issues as people look through them: listed, drawn as a tree of folders, followed over weeks; all by the database."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import NamedTuple

from sqlalchemy import ColumnElement, and_, case, func, select
from sqlmodel import Session, col

from sigma_core.errors import Invalid
from sigma_core.issues.tables import Issue, IssueState, Severity
from sigma_core.issues.triage import EXPECTED, PRIORITY, RANK, RULE_VALUE, UNMENDED
from sigma_core.listing import Listing, identifier
from sigma_core.projects.tables import Project

_SHOWN = (
    "id",
    "project_id",
    "rule",
    "family",
    "file",
    "line",
    "symbol",
    "severity",
    "priority",
    "state",
    "message",
    "detector",
    "applicability",
    "wanted_by",
    "opened_at",
    "changed_at",
)
_NAME = select(col(Project.name)).where(col(Project.id) == Issue.project_id).correlate(Issue).scalar_subquery()
LIST = Listing(
    key=identifier(Issue),
    columns={
        **{name: getattr(Issue, name) for name in _SHOWN},
        "project": _NAME,
        "expected": EXPECTED,
        "matters": PRIORITY,
        "rule_value": RULE_VALUE,
    },
    order="-expected",
    unsorted=frozenset({"message"}),
    ranks={"severity": RANK},
)
MOST_PLACES = 600
"""Pairs of file and rule that the tree shows; those with most issues."""
POINTS = 15
EVERY = timedelta(days=2)


@dataclass(frozen=True)
class WantedIssues:
    """Which issues are listed: of one project (None: of all), in one of these states (none: in any), of one severity,
    holding every word of `text` in file, rule, symbol or message."""

    project_id: int | None = None
    states: tuple[str, ...] = ()
    severity: str | None = None
    text: str = ""

    def __post_init__(self) -> None:
        """Raises `Invalid` for a state or a severity there is not."""
        for state in self.states:
            if state not in list(IssueState):
                raise Invalid({"state": f"{state} is not one of {', '.join(IssueState)}"})
        if self.severity is not None and self.severity not in list(Severity):
            raise Invalid({"severity": f"{self.severity} is not one of {', '.join(Severity)}"})

    def conditions(self, session: Session) -> Sequence[ColumnElement[bool]]:
        """What is asked of a row for it to be among those wanted."""
        del session
        found: list[ColumnElement[bool]] = []
        if self.project_id is not None:
            found.append(col(Issue.project_id) == self.project_id)
        if self.states:
            found.append(col(Issue.state).in_(self.states))
        if self.severity is not None:
            found.append(col(Issue.severity) == self.severity)
        held = func.lower(Issue.file + " " + Issue.rule + " " + Issue.symbol + " " + Issue.message)
        return [*found, *(held.contains(word, autoescape=True) for word in self.text.lower().split())]


class IssuesAtPlace(NamedTuple):
    """How many issues of one rule are in one file, and how grave the gravest is (0–3)."""

    project: str
    file: str
    rule: str
    number: int
    gravest: int


def by_place(session: Session, wanted: WantedIssues) -> Sequence[IssuesAtPlace]:
    """The places with most issues first."""
    number = func.count(col(Issue.id))
    query = (
        select(col(Project.name), col(Issue.file), col(Issue.rule), number, func.max(RANK))
        .join(Project, col(Project.id) == Issue.project_id)
        .where(*wanted.conditions(session))
        .group_by(col(Project.name), col(Issue.file), col(Issue.rule))
        .order_by(number.desc(), col(Issue.file), col(Issue.rule))
        .limit(MOST_PLACES)
    )
    return [IssuesAtPlace(*row) for row in session.execute(query)]


class IssuesOfKind(NamedTuple):
    """How many issues of a project are in a state and of a severity."""

    project_id: int
    state: str
    severity: str
    number: int


def numbers(session: Session, project_id: int | None = None) -> Sequence[IssuesOfKind]:
    """Of each kind there is: counted in the order of an index, which alone is read for it."""
    kind = col(Issue.project_id), col(Issue.state), col(Issue.severity)
    query = select(*kind, func.count()).group_by(*kind)
    if project_id is not None:
        query = query.where(col(Issue.project_id) == project_id)
    return [IssuesOfKind(*row) for row in session.execute(query)]


@dataclass(frozen=True)
class IssueCourse:
    """How many issues were open at each of the moments, by severity, the gravest first."""

    moments: Sequence[datetime]
    open: Mapping[str, Sequence[int]]


def course(session: Session, project_id: int | None, now: datetime) -> IssueCourse:
    """At the last moments, `EVERY` apart, from the first at which a project was under care.

    Of an issue it is known when it was opened and when its state changed last.
    """
    looked = select(func.min(col(Project.created_at)))
    if project_id is not None:
        looked = looked.where(col(Project.id) == project_id)
    since = session.scalar(looked) or now
    moments = [at for at in (now - EVERY * back for back in reversed(range(POINTS))) if at >= since or at == now]
    open_now = col(Issue.state).in_(UNMENDED)
    sums = [
        func.sum(case((and_(col(Issue.opened_at) <= at, open_now | (col(Issue.changed_at) > at)), 1), else_=0))
        for at in moments
    ]
    query = select(col(Issue.severity), *sums).group_by(col(Issue.severity))
    if project_id is not None:
        query = query.where(col(Issue.project_id) == project_id)
    counted = {row[0]: [int(number) for number in row[1:]] for row in session.execute(query)}
    shown = {severity.value: counted[severity] for severity in reversed(Severity) if severity in counted}
    return IssueCourse(moments, shown)
