"""What model calls cost, and the budgets over them."""

from collections.abc import Mapping
from datetime import timedelta
from typing import Annotated, Any

from fastapi import APIRouter, Query
from pydantic import BaseModel, Field

from sigma_core.api.access import Operator
from sigma_core.api.system import Sigma
from sigma_core.llm.ledger import DIMENSIONS, Dimension

router = APIRouter(tags=["usage"])
MOST_DAYS = 3660


class BudgetBody(BaseModel):
    """What calls of a scope may cost a day."""

    usd_per_day: float = Field(ge=0, le=1_000_000, strict=True)
    on_reach: str = Field(max_length=10, description="alert, degrade or stop.")
    degrade_to: str | None = Field(None, max_length=120)


class BudgetDocument(BaseModel):
    """A budget and what is used of it today."""

    scope: str
    nano_usd_per_day: int
    on_reach: str
    degrade_to: str | None
    spent_nano_usd: int
    reserved_nano_usd: int
    room_nano_usd: int
    reached: bool


@router.get("/usage")
def usage(
    sigma: Sigma,
    by: Annotated[list[Dimension] | None, Query(max_length=len(DIMENSIONS))] = None,
    days: Annotated[int, Query(ge=1, le=MOST_DAYS)] = 30,
) -> list[Mapping[str, Any]]:
    """Calls, tokens, cost and latency, added up by the dimensions in `by`."""
    today = sigma.clock().date()
    since = today - timedelta(days=days - 1)
    return [each.document() for each in sigma.llm.usage.totals(tuple(by or ()), since=since, until=today)]


@router.get("/budgets")
def budgets(sigma: Sigma) -> list[BudgetDocument]:
    """Every budget with what is used of it today."""
    return [
        BudgetDocument(
            scope=each.budget.scope,
            nano_usd_per_day=each.budget.nano_usd_per_day,
            on_reach=each.budget.on_reach,
            degrade_to=each.budget.degrade_to,
            spent_nano_usd=each.today.spent_nano_usd,
            reserved_nano_usd=each.today.reserved_nano_usd,
            room_nano_usd=each.room_nano_usd,
            reached=each.reached,
        )
        for each in sigma.llm.budgets.statuses()
    ]


@router.put("/budgets/{scope:path}")
def set_budget(scope: str, body: BudgetBody, sigma: Sigma, caller: Operator) -> list[BudgetDocument]:
    """Bound what the calls of a scope may cost a day: day, worker:NAME, prompt:WORKER/TYPE or model:NAME."""
    nano_usd = round(body.usd_per_day * 1_000_000_000)
    sigma.llm.budgets.set(scope, nano_usd, body.on_reach, to=body.degrade_to, actor=caller.name)
    return budgets(sigma)


@router.delete("/budgets/{scope:path}")
def remove_budget(scope: str, sigma: Sigma, caller: Operator) -> list[BudgetDocument]:
    """Bound the calls of a scope no longer."""
    sigma.llm.budgets.remove(scope, actor=caller.name)
    return budgets(sigma)
