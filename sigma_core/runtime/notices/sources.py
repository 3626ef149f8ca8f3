"""What there is to tell: read from the rows that say it, so that nothing is lost between them and us."""

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import NamedTuple

from sqlalchemy import func, select
from sqlmodel import Session, col

from sigma_core.formatting import percent, plural
from sigma_core.learning.drift.tables import DriftEvent
from sigma_core.learning.drift.words import drift_name
from sigma_core.llm.budget_tables import BudgetDay, SpendingBudget
from sigma_core.proposals.tables import Decision, Proposal, ProposalState
from sigma_core.redaction import redact
from sigma_core.runtime.notices.tables import Notice, NoticeKind
from sigma_core.runtime.tables import Run
from sigma_core.state_machine import RunState

DIGEST = timedelta(hours=1)
"""How long one digest of what waits for review keeps the next one back."""
AT_ONCE = 100


class Noticed(NamedTuple):
    """Something to tell. `about` is the same whenever it is looked at again."""

    about: str
    title: str
    text: str
    path: str


Source = Callable[[Session, datetime, datetime], Sequence[Noticed]]
"""What happened since the first moment; the second is now."""


def _failed_runs(session: Session, since: datetime, _now: datetime) -> Sequence[Noticed]:
    query = select(Run).where(col(Run.state) == RunState.ERROR, col(Run.finished_at) > since)
    runs = session.scalars(query.order_by(col(Run.finished_at)).limit(AT_ONCE)).all()
    return [
        Noticed(
            f"run/{run.id}",
            f"{run.worker} failed",
            f"Run {run.id} failed after {plural(run.attempt, 'attempt')}: {_last_line(run.error)}",
            f"/runs?run={run.id}",
        )
        for run in runs
    ]


def _budgets(session: Session, since: datetime, _now: datetime) -> Sequence[Noticed]:
    query = (
        select(BudgetDay, SpendingBudget)
        .join(SpendingBudget, col(SpendingBudget.id) == col(BudgetDay.budget_id))
        .where(col(BudgetDay.reached_at) > since)
    )
    return [
        Noticed(
            f"budget/{day.budget_id}/{day.day}",
            f"Budget {budget.scope} is used up",
            f"Of {day.day}: {plural(day.stopped, 'call')} not made, {day.degraded} given to a cheaper model.",
            "/cost",
        )
        for day, budget in session.execute(query)
    ]


def _review(session: Session, since: datetime, now: datetime) -> Sequence[Noticed]:
    """One digest an hour at most, where something has come to wait since the one before."""
    before = session.scalar(select(func.max(Notice.created_at)).where(col(Notice.kind) == NoticeKind.REVIEW))
    if before is not None and now - before < DIGEST:
        return []
    waiting = select(col(Proposal.id)).where(col(Proposal.state) == ProposalState.NEEDS_HUMAN)
    newest = select(func.max(col(Decision.id)), func.count(col(Decision.proposal_id).distinct())).where(
        col(Decision.verdict) == ProposalState.NEEDS_HUMAN,
        col(Decision.created_at) > max(filter(None, (since, before))),
        col(Decision.proposal_id).in_(waiting),
    )
    last, new = session.execute(newest).one()
    if not new:
        return []
    total = session.scalar(select(func.count()).select_from(waiting.subquery())) or 0
    verb = "wait" if total != 1 else "waits"
    title = f"{plural(total, 'proposal')} {verb} for review"
    return [Noticed(f"decision/{last}", title, f"{new} of them since the last time you were told.", "/proposals")]


def _drifts(session: Session, since: datetime, _now: datetime) -> Sequence[Noticed]:
    query = select(DriftEvent).where(col(DriftEvent.created_at) > since).order_by(col(DriftEvent.id)).limit(AT_ONCE)
    return [
        Noticed(
            f"drift/{each.id}",
            f"{drift_name(each)} has drifted",
            f"{percent(each.before)} of {each.before_n} before, {percent(each.after)} of {each.after_n} since.",
            "/learning?show=Committee",
        )
        for each in session.scalars(query)
    ]


def _last_line(text: str | None) -> str:
    # As a whole: in the middle of a sentence a secret is not known by where it stands
    lines = redact(text or "").strip().splitlines()
    return lines[-1] if lines else "no message"


SOURCES: Mapping[NoticeKind, Source] = {
    NoticeKind.RUN_FAILED: _failed_runs,
    NoticeKind.BUDGET: _budgets,
    NoticeKind.REVIEW: _review,
    NoticeKind.DRIFT: _drifts,
}
