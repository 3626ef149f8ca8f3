"""The figures of the Overview: rates with their numbers, series with their bounds."""

import math
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

import sqlalchemy
from sqlalchemy import Integer, case, cast, literal, or_
from sqlmodel import Session, col, func, select

from sigma_core.database import UTCDateTime
from sigma_core.exchange.freshness import ElapsedSeconds
from sigma_core.issues.tables import Issue, IssueState
from sigma_core.learning.tables import TrackRecord
from sigma_core.llm.ledger import paid_by_day
from sigma_core.llm.tables import PromptUsage
from sigma_core.proposals.lineage import line
from sigma_core.proposals.outcomes.kinds import SURVIVING, OutcomeKind
from sigma_core.proposals.tables import Decision, Outcome, Proposal, Verdict
from sigma_core.runtime.tables import Run
from sigma_core.state_machine import RunState

DAY = timedelta(days=1)
SLOT_S = 7200
"""How long a point of the queue's course is."""


@dataclass(frozen=True)
class Since:
    """What happened since a moment, and what is open now."""

    closed: int
    opened: int
    open: int
    approved: int
    rejected: int
    reverted: tuple[int, ...]
    """Ids of the proposals whose fix was reverted."""
    track_records: int
    """Rules by fixer of which another fix was decided, or ended."""

    @property
    def nothing(self) -> bool:
        """Nothing happened at all."""
        return not (self.closed or self.opened or self.approved or self.rejected or self.reverted or self.track_records)


@dataclass(frozen=True)
class Spend:
    """Model calls of the last 24 hours, and what each of the last seven days (UTC, as the page Cost counts them) cost.

    `nano_usd` leaves out the `unpriced` calls; `list_nano_usd` is what the tokens of free calls cost on the price list.
    """

    calls: int
    unpriced: int
    nano_usd: int
    list_nano_usd: int
    daily_nano_usd: tuple[float, ...]


@dataclass(frozen=True)
class Figures:
    """Series are oldest first; lag in seconds."""

    accepted: int
    accepted_before: int
    accepted_daily: tuple[float, ...]
    survived: int
    reverted: int
    lag_p95_s: float | None
    lag_before_p95_s: float | None
    lag_series: tuple[float, ...]
    spend: Spend


def p95(values: Sequence[float]) -> float | None:
    """The smallest value that at least 95 % do not exceed; None without values."""
    ordered = sorted(values)
    return ordered[math.ceil(0.95 * len(ordered)) - 1] if ordered else None


def read_figures(session: Session, now: datetime, project_id: int | None) -> Figures:
    """Accepted fixes of two weeks, outcomes, queue lag of two days, spend of a week."""
    ages = _accepted_ages(session, now, project_id)
    daily = [float(ages.get(day, 0)) for day in reversed(range(7))]
    lags = _lags(session, now, project_id)
    slots: dict[int, list[float]] = defaultdict(list)
    for age, lag in lags:
        slots[age].append(lag)
    today = [lag for slot in range(12) for lag in slots[slot]]
    series = [p95(slots[slot]) for slot in reversed(range(12))]
    outcomes = _outcomes(session, project_id)
    return Figures(
        accepted=sum(number for age, number in ages.items() if age < 7),
        accepted_before=sum(number for age, number in ages.items() if age >= 7),
        accepted_daily=tuple(daily),
        survived=outcomes.get(SURVIVING, 0),
        reverted=outcomes.get(OutcomeKind.REVERTED, 0),
        lag_p95_s=p95(today),
        lag_before_p95_s=p95([lag for age, lag in lags if age >= 12]),
        lag_series=tuple(value for value in series if value is not None),
        spend=_spend(session, now, project_id),
    )


def read_since(session: Session, since: datetime, project_id: int | None) -> Since:
    """Counts of what changed after `since`."""
    issues = (col(Issue.project_id) == project_id,) if project_id is not None else ()
    records = (col(TrackRecord.project_id) == project_id,) if project_id is not None else ()
    proposals = (col(Proposal.project_id) == project_id,) if project_id is not None else ()
    verdicts = dict(
        session.exec(
            select(Decision.verdict, func.count(func.distinct(line())))
            .join(Proposal, col(Proposal.id) == Decision.proposal_id)
            .where(Decision.created_at > since, *proposals)
            .group_by(col(Decision.verdict))
        ).all()
    )
    reverted = session.exec(
        select(Outcome.proposal_id)
        .join(Proposal, col(Proposal.id) == Outcome.proposal_id)
        .where(Outcome.kind == OutcomeKind.REVERTED, Outcome.created_at > since, *proposals)
    ).all()
    count = select(func.count()).select_from(Issue).where(*issues)
    open_states = (IssueState.OPEN, IssueState.REOPENED)
    return Since(
        closed=session.exec(count.where(Issue.state == IssueState.FIXED, Issue.changed_at > since)).one(),
        opened=session.exec(count.where(Issue.opened_at > since)).one(),
        open=session.exec(count.where(col(Issue.state).in_(open_states))).one(),
        approved=verdicts.get(Verdict.APPROVED, 0),
        rejected=verdicts.get(Verdict.REJECTED, 0),
        reverted=tuple(reverted),
        track_records=session.exec(
            select(func.count()).select_from(TrackRecord).where(TrackRecord.changed_at > since, *records)
        ).one(),
    )


def _accepted_ages(session: Session, now: datetime, project_id: int | None) -> dict[int, int]:
    """How many changes were accepted so many days ago: reckoned by SQL."""
    query = (
        sqlalchemy.select(func.max(Decision.created_at).label("at"))
        .join(Proposal, col(Proposal.id) == Decision.proposal_id)
        .where(col(Decision.verdict) == Verdict.APPROVED, col(Decision.created_at) > now - 14 * DAY)
        .group_by(line())
    )
    if project_id is not None:
        query = query.where(col(Proposal.project_id) == project_id)
    accepted = query.subquery()
    # SQLite reckons with fractions of days, some microseconds off
    elapsed = ElapsedSeconds(accepted.c.at, literal(now, UTCDateTime)) + 0.001
    age = cast(func.floor(elapsed / DAY.total_seconds()), Integer)
    return {row[0]: row[1] for row in session.execute(sqlalchemy.select(age, func.count()).group_by(age))}


def _outcomes(session: Session, project_id: int | None) -> dict[str, int]:
    query = (
        select(Outcome.kind, func.count())
        .join(Proposal, col(Proposal.id) == Outcome.proposal_id)
        .group_by(col(Outcome.kind))
    )
    if project_id is not None:
        query = query.where(Proposal.project_id == project_id)
    return dict(session.exec(query).all())


def _lags(session: Session, now: datetime, project_id: int | None) -> list[tuple[int, float]]:
    """Age in two hours and wait in the queue in seconds, per run started in the last two days: reckoned by SQL."""
    age = cast(func.floor(ElapsedSeconds(col(Run.started_at), literal(now, UTCDateTime)) / SLOT_S), Integer)
    query = sqlalchemy.select(age, ElapsedSeconds(col(Run.due_at), col(Run.started_at))).where(
        col(Run.started_at) > now - 2 * DAY,
        # What began since then has ended since then or goes on: found by indexes
        or_(col(Run.finished_at) > now - 2 * DAY, col(Run.state) == RunState.RUNNING),
        col(Run.project_id).is_not(None),
    )
    if project_id is not None:
        query = query.where(col(Run.project_id) == project_id)
    return [(age, max(round(lag, 3), 0.0)) for age, lag in session.execute(query)]


def _spend(session: Session, now: datetime, project_id: int | None) -> Spend:
    """The days come from the rollups; what began within the last 24 hours is added up by the database."""
    unpriced = col(PromptUsage.cost_nano_usd).is_(None)
    sums = (
        func.sum(case((unpriced, 1), else_=0)),
        func.sum(PromptUsage.cost_nano_usd),
        func.sum(PromptUsage.list_nano_usd),
    )
    query = sqlalchemy.select(func.count(), *sums).where(col(PromptUsage.created_at) > now - DAY)
    if project_id is not None:
        query = query.where(col(PromptUsage.project_id) == project_id)
    calls, without_price, cost, listed = session.execute(query).one()
    today = now.date()
    paid = paid_by_day(session, today - 6 * DAY, project_id)
    return Spend(
        calls=calls,
        unpriced=int(without_price or 0),
        nano_usd=int(cost or 0),
        list_nano_usd=int(listed or 0),
        daily_nano_usd=tuple(float(paid.get((today - age * DAY).isoformat(), 0)) for age in reversed(range(7))),
    )
