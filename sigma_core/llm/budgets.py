"""Budgets: set by people, kept in the path of every call."""

import logging
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date

from sqlalchemy import func, select
from sqlalchemy.exc import SQLAlchemyError
from sqlmodel import Session, col

from sigma_core import audit
from sigma_core.clock import Clock
from sigma_core.database import Database
from sigma_core.errors import BudgetExceeded, Disconnected, Invalid, NotFound, Unavailable
from sigma_core.formatting import money
from sigma_core.llm import reservations
from sigma_core.llm.budget_tables import BudgetDay, OnReach, SpendingBudget
from sigma_core.llm.scopes import Charge, check, covers
from sigma_core.llm.tables import PromptAnalytics, PromptUsage, analytics

logger = logging.getLogger(__name__)


@dataclass(frozen=True)
class BudgetStatus:
    """A budget and what is used of it today."""

    budget: SpendingBudget
    today: BudgetDay

    @property
    def room_nano_usd(self) -> int:
        """What is left, never below 0."""
        return max(0, self.budget.nano_usd_per_day - self.today.spent_nano_usd - self.today.reserved_nano_usd)

    @property
    def reached(self) -> bool:
        """Whether a call found no room today, or none is left."""
        return self.today.reached_at is not None or self.room_nano_usd == 0


class _Reached(Exception):  # undoes what the other budgets set aside
    def __init__(self, budget: SpendingBudget) -> None:
        self.budget = budget
        super().__init__(budget.scope)


class Budgets:
    """Sets budgets, and sets money aside for calls. `models` are those that may take over from a dearer one."""

    def __init__(
        self, database: Database, clock: Clock, *, models: Collection[str] = (), degrade_model: str | None = None
    ) -> None:
        self._database = database
        self._clock = clock
        self._models = models
        self._degrade_model = degrade_model
        self._known: Sequence[SpendingBudget] = ()

    def set(
        self, scope: str, nano_usd_per_day: int, on_reach: str, *, actor: str, to: str | None = None
    ) -> BudgetStatus:
        """Make or change the budget of a scope; what its calls cost today counts. Raises `Invalid`."""
        to = self._checked(scope, on_reach, to)
        with self._database.transaction() as session:
            # Calls being recorded now are in the rollups afterwards, or find this budget
            self._database.lock_table(session, analytics)
            budget = session.scalars(select(SpendingBudget).where(col(SpendingBudget.scope) == scope)).one_or_none()
            new = budget is None
            values = {
                "scope": scope,
                "nano_usd_per_day": nano_usd_per_day,
                "on_reach": on_reach,
                "degrade_to": to,
                "changed_by": actor,
                "changed_at": self._clock(),
            }
            budget = budget.sqlmodel_update(values) if budget else SpendingBudget.model_validate(values)
            session.add(budget)
            session.flush()
            day = session.get(BudgetDay, (budget.id, self._clock().date()))
            if new:
                session.add(self._begin(session, budget))
            elif day is not None:
                day.reached_at = None
            what = f"{money(nano_usd_per_day)} a day, then {on_reach}"
            audit.record(session, self._clock, actor=actor, action="set budget", object=f"budget/{scope}", reason=what)
            session.flush()
            return self._status(session, budget)

    def remove(self, scope: str, *, actor: str) -> SpendingBudget:
        """Calls of the scope are no longer bounded. Raises `NotFound`."""
        with self._database.transaction() as session:
            budget = session.scalars(select(SpendingBudget).where(col(SpendingBudget.scope) == scope)).one_or_none()
            if budget is None:
                raise NotFound("budget", scope)
            session.delete(budget)
            audit.record(session, self._clock, actor=actor, action="remove budget", object=f"budget/{scope}")
        return budget

    def statuses(self) -> list[BudgetStatus]:
        """Every budget with what is used of it today, by scope."""
        today = self._clock().date()
        query = (
            select(SpendingBudget, BudgetDay)
            .outerjoin(BudgetDay, (col(BudgetDay.budget_id) == SpendingBudget.id) & (col(BudgetDay.day) == today))
            .order_by(col(SpendingBudget.scope))
        )
        with self._database.reading() as session:
            return [
                BudgetStatus(budget, day or BudgetDay(budget_id=budget.id or 0, day=today))
                for budget, day in session.execute(query)
            ]

    def reserve(self, charge: Charge, worst_nano_usd: int | None, *, call_id: str, call_s: float) -> str | None:
        """Set the worst price of a call aside; None when it may be made, else the model that is to take it.

        Raises `BudgetExceeded`. A model without a price cannot be kept within a budget that stops or degrades.
        """
        try:
            with self._database.transaction() as session:
                self._known = session.scalars(select(SpendingBudget).order_by(col(SpendingBudget.id))).all()
                # They outlive the transaction, which may be undone
                session.expunge_all()
                for budget in self._covering(charge):
                    self._take(session, budget, charge, worst_nano_usd, call_id, call_s)
        except _Reached as reached:
            return self._turned_away(reached.budget, charge, worst_nano_usd)
        except (Unavailable, SQLAlchemyError) as error:
            if any(budget.on_reach != OnReach.ALERT for budget in self._covering(charge)):
                away = Disconnected if isinstance(error, Disconnected) else Unavailable
                raise away(f"A budget cannot be checked: {error}") from error
            logger.warning("budgets cannot be read: %s", error)
        return None

    def room(self, charge: Charge) -> int | None:
        """What is left today for such calls, in nano-USD; None where no budget would stop one."""
        covering = [each for each in self.statuses() if covers(each.budget.scope, charge)]
        return min((each.room_nano_usd for each in covering if each.budget.on_reach == OnReach.STOP), default=None)

    def settle(self, session: Session, rows: Sequence[PromptUsage]) -> None:
        """Count what calls cost, in the transaction that records them."""
        budgets = session.scalars(select(SpendingBudget).order_by(col(SpendingBudget.id))).all()
        if budgets:
            reservations.settle(session, budgets, rows)

    def _covering(self, charge: Charge) -> list[SpendingBudget]:
        return [budget for budget in self._known if covers(budget.scope, charge)]

    def _take(
        self, session: Session, budget: SpendingBudget, charge: Charge, worst: int | None, call_id: str, call_s: float
    ) -> None:
        day, now = self._clock().date(), self._database.now(session)
        if worst is None or not reservations.set_aside(session, budget, day, worst, now):
            if budget.on_reach != OnReach.ALERT and charge.model != budget.degrade_to:
                raise _Reached(budget)
            if worst is not None:
                reservations.set_aside_anyway(session, budget, day, worst, now)
        expires_at = reservations.expiry(now, call_s)
        reservations.keep(session, budget, day, call_id, worst or 0, expires_at)

    def _turned_away(self, budget: SpendingBudget, charge: Charge, worst: int | None) -> str:
        degrades = budget.on_reach == OnReach.DEGRADE
        counted = {"degraded" if degrades else "stopped": 1}
        with self._database.transaction() as session:
            reservations.mark_reached(session, budget, self._clock().date(), self._clock(), **counted)
        if degrades and budget.degrade_to:
            return budget.degrade_to
        limit = f"The budget {budget.scope} of {money(budget.nano_usd_per_day)} a day"
        if worst is None:
            raise BudgetExceeded(f"{limit} cannot be kept: {charge.model} has no price (sigma price set).")
        raise BudgetExceeded(f"{limit} has no room for a call that may cost {money(worst)}.")

    def _checked(self, scope: str, on_reach: str, to: str | None) -> str | None:
        check(scope)
        if on_reach not in list(OnReach):
            raise Invalid({"on_reach": f"is one of {', '.join(OnReach)}"})
        if on_reach != OnReach.DEGRADE:
            return None
        to = to or self._degrade_model
        if to is None:
            raise Invalid({"to": "names no cheaper model (or set SIGMA_DEGRADE_MODEL)"})
        if to not in self._models:
            raise Invalid({"to": f"{to} is none of the configured models ({', '.join(self._models) or 'none'})"})
        return to

    def _begin(self, session: Session, budget: SpendingBudget) -> BudgetDay:
        """The budget's first day, with what its calls cost so far."""
        today = self._clock().date()
        table = PromptAnalytics
        kind, _, name = budget.scope.partition(":")
        query = select(func.coalesce(func.sum(col(table.cost_nano_usd)), 0)).where(col(table.day) == today)
        if name:
            query = query.where(col(getattr(table, kind)) == name)
        return BudgetDay(budget_id=budget.id or 0, day=today, spent_nano_usd=int(session.scalar(query) or 0))

    def _status(self, session: Session, budget: SpendingBudget) -> BudgetStatus:
        today: date = self._clock().date()
        day = session.get(BudgetDay, (budget.id, today))
        return BudgetStatus(budget, day or BudgetDay(budget_id=budget.id or 0, day=today))
