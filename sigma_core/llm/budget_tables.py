"""Budgets, what is used of them each day, and what is set aside for calls under way."""

from datetime import date, datetime
from enum import StrEnum

from sqlalchemy import BigInteger, Table
from sqlmodel import Field, SQLModel

from sigma_core.database import UTCDateTime
from sigma_core.llm.scopes import LONGEST


class OnReach(StrEnum):
    """What happens to a call that a budget has no room for."""

    ALERT = "alert"
    """It is made, and the budget is shown as reached."""
    DEGRADE = "degrade"
    """A cheaper model takes it."""
    STOP = "stop"
    """It is not made."""


class SpendingBudget(SQLModel, table=True):
    """How much the calls of a scope may cost a day (UTC)."""

    __tablename__ = "budget"

    id: int | None = Field(default=None, primary_key=True)
    scope: str = Field(max_length=LONGEST, unique=True)
    nano_usd_per_day: int = Field(sa_type=BigInteger)
    on_reach: str = Field(max_length=10)
    degrade_to: str | None = Field(default=None, max_length=120, description="The cheaper model.")
    changed_by: str = Field(max_length=200)
    changed_at: datetime = Field(sa_type=UTCDateTime)


class BudgetDay(SQLModel, table=True):
    """One budget on one day."""

    __tablename__ = "budget_day"

    budget_id: int = Field(foreign_key="budget.id", ondelete="CASCADE", primary_key=True)
    day: date = Field(primary_key=True)
    spent_nano_usd: int = Field(default=0, sa_type=BigInteger, description="Calls of unknown cost at their worst.")
    reserved_nano_usd: int = Field(default=0, sa_type=BigInteger, description="For calls under way.")
    stopped: int = Field(default=0, description="Calls that were not made.")
    degraded: int = Field(default=0, description="Calls that a cheaper model took.")
    reached_at: datetime | None = Field(default=None, sa_type=UTCDateTime)


class BudgetReservation(SQLModel, table=True):
    """The worst price of a call under way. One that is not settled until it expires was left by a crash."""

    __tablename__ = "budget_reservation"

    call_id: str = Field(max_length=40, primary_key=True)
    budget_id: int = Field(foreign_key="budget.id", ondelete="CASCADE", primary_key=True)
    day: date
    nano_usd: int = Field(sa_type=BigInteger)
    expires_at: datetime = Field(sa_type=UTCDateTime, index=True)


budget_day: Table = SQLModel.metadata.tables[BudgetDay.__tablename__]
reservation: Table = SQLModel.metadata.tables[BudgetReservation.__tablename__]
