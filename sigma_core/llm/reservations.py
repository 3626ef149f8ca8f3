"""Setting aside a call's worst price and settling it: what keeps calls at once from spending the same money."""

from collections import Counter
from collections.abc import Sequence
from datetime import date, datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, bindparam, delete, select, tuple_, update
from sqlmodel import Session, col

from sigma_core.database import upsert
from sigma_core.llm.budget_tables import BudgetReservation, SpendingBudget, budget_day, reservation
from sigma_core.llm.scopes import Charge, covers
from sigma_core.llm.tables import PromptUsage

_day = budget_day.c
_this = (_day.budget_id == bindparam("budget"), _day.day == bindparam("on"))
_limit = (
    select(col(SpendingBudget.nano_usd_per_day)).where(col(SpendingBudget.id) == bindparam("budget")).scalar_subquery()
)
_set_aside = update(budget_day).where(*_this).values(reserved_nano_usd=_day.reserved_nano_usd + bindparam("amount"))
_IF_ROOM = _set_aside.where(_day.spent_nano_usd + _day.reserved_nano_usd + bindparam("amount") <= _limit)
_TAKEN: tuple[ColumnElement[Any], ...] = tuple(
    reservation.c[name] for name in ("call_id", "budget_id", "day", "nano_usd")
)


def set_aside(session: Session, budget: SpendingBudget, day: date, nano_usd: int, now: datetime) -> bool:
    """Set an amount aside if the budget has room for it: one conditional update, so that no two take the same room."""
    values = {"budget": budget.id, "on": day, "amount": nano_usd}
    if session.execute(_IF_ROOM, values).rowcount:  # type: ignore[attr-defined]
        return True
    _adjust(session, budget.id or 0, day)
    _heal(session, budget, now)
    return bool(session.execute(_IF_ROOM, values).rowcount)  # type: ignore[attr-defined]


def set_aside_anyway(session: Session, budget: SpendingBudget, day: date, nano_usd: int, now: datetime) -> None:
    """Set an amount aside beyond what there is, and note when that came to be."""
    _adjust(session, budget.id or 0, day, reserved=nano_usd)
    mark_reached(session, budget, day, now)


def mark_reached(session: Session, budget: SpendingBudget, day: date, now: datetime, **counted: int) -> None:
    """Note when a budget was reached first, and count what became of a call (`stopped`, `degraded`)."""
    _adjust(session, budget.id or 0, day)
    values = {name: _day[name] + number for name, number in counted.items()}
    if values:
        session.execute(update(budget_day).where(*_this).values(values), {"budget": budget.id, "on": day})
    first = update(budget_day).where(*_this, _day.reached_at.is_(None)).values(reached_at=now)
    session.execute(first, {"budget": budget.id, "on": day})


def keep(
    session: Session, budget: SpendingBudget, day: date, call_id: str, nano_usd: int, expires_at: datetime
) -> None:
    """Remember for which call an amount was set aside."""
    session.add(
        BudgetReservation(call_id=call_id, budget_id=budget.id or 0, day=day, nano_usd=nano_usd, expires_at=expires_at)
    )


def settle(session: Session, budgets: Sequence[SpendingBudget], calls: Sequence[PromptUsage]) -> None:
    """Count what calls cost against the budgets that cover them, and give back what was set aside for them.

    A call whose cost is not known counts at its worst price.
    """
    worst: dict[tuple[str, int], int] = {}
    reserved: Counter[tuple[int, date]] = Counter()
    taken = delete(reservation).where(reservation.c.call_id.in_([call.call_id for call in calls]))
    for call_id, budget_id, day, nano_usd in session.execute(taken.returning(*_TAKEN)):
        worst[call_id, budget_id] = nano_usd
        reserved[budget_id, day] -= nano_usd
    spent: Counter[tuple[int, date]] = Counter()
    for call in calls:
        charge = Charge(call.worker, call.prompt, call.model)
        for budget in budgets:
            if covers(budget.scope, charge):
                key = budget.id or 0
                cost = call.cost_nano_usd
                spent[key, call.day] += worst.get((call.call_id, key), 0) if cost is None else cost
    for on in sorted({*reserved, *spent}):
        _adjust(session, *on, spent=spent[on], reserved=reserved[on])


def bring_back(session: Session, today: date, newest: date) -> int:
    """Count for today what was counted for days after `newest`, by a clock that ran ahead; how many days that were."""
    ahead = session.execute(select(budget_day).where(_day.day > newest).with_for_update()).all()
    for row in ahead:
        _adjust(session, row.budget_id, today, spent=row.spent_nano_usd, reserved=row.reserved_nano_usd)
    session.execute(update(reservation).where(reservation.c.day > newest).values(day=today))
    session.execute(delete(budget_day).where(_day.day > newest))
    return len(ahead)


def _heal(session: Session, budget: SpendingBudget, now: datetime) -> None:
    """Give back what calls that crashed had set aside. A call being settled right now is left to that."""
    table = reservation.c
    expired = (
        select(table.call_id, table.budget_id)
        .where(table.budget_id == budget.id, table.expires_at < now)
        .with_for_update(skip_locked=True)
    )
    taken = delete(reservation).where(tuple_(table.call_id, table.budget_id).in_(expired)).returning(*_TAKEN)
    given_back: Counter[date] = Counter()
    for _, _, day, nano_usd in session.execute(taken):
        given_back[day] -= nano_usd
    for day in sorted(given_back):
        _adjust(session, budget.id or 0, day, reserved=given_back[day])


def _adjust(session: Session, budget_id: int, day: date, *, spent: int = 0, reserved: int = 0) -> None:
    values = {
        "spent_nano_usd": _day.spent_nano_usd + spent,
        "reserved_nano_usd": _day.reserved_nano_usd + reserved,
    }
    row = {
        "budget_id": budget_id,
        "day": day,
        "spent_nano_usd": spent,
        "reserved_nano_usd": max(reserved, 0),
        "stopped": 0,
        "degraded": 0,
    }
    session.execute(upsert(session, budget_day, ["budget_id", "day"], values=values), row)


def expiry(now: datetime, call_s: float) -> datetime:
    """When a call that may take `call_s` seconds has surely ended, with a margin for its recording."""
    return now + timedelta(seconds=2 * call_s + 60)
