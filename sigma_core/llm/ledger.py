"""Reading the usage rows."""

from datetime import date
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict
from sqlalchemy import ColumnElement, func, select
from sqlmodel import col

from sigma_core.database import Database
from sigma_core.llm.tables import PromptUsage

Dimension = Literal["day", "worker", "model", "prompt"]


class UsageTotal(BaseModel):
    """Calls summed up. `key` holds the dimensions they were grouped by.

    `cost_nano_usd` sums what has a price; `unpriced` counts the calls that have none.
    """

    model_config = ConfigDict(frozen=True)

    key: dict[Dimension, str] = {}
    calls: int
    failures: int
    input_tokens: int
    output_tokens: int
    cost_nano_usd: int
    unpriced: int
    mean_latency_ms: float


class UsageLedger:
    """What the calls recorded so far add up to."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def rows(self, *, limit: int = 100, worker: str | None = None, run_id: int | None = None) -> list[PromptUsage]:
        """The last calls, newest first."""
        query = select(PromptUsage).order_by(col(PromptUsage.id).desc()).limit(limit)
        if worker is not None:
            query = query.where(col(PromptUsage.worker) == worker)
        if run_id is not None:
            query = query.where(col(PromptUsage.run_id) == run_id)
        with self._database.reading() as session:
            rows = list(session.scalars(query))
            session.expunge_all()
        return rows

    def totals(self, by: tuple[Dimension, ...] = (), *, since: date | None = None) -> list[UsageTotal]:
        """Sums per value of the dimensions in `by`, in their order; without any, at most one."""
        keys = [col(getattr(PromptUsage, dimension)) for dimension in by]
        query = select(*keys, *_figures()).group_by(*keys).order_by(*keys).having(func.count() > 0)
        if since is not None:
            query = query.where(col(PromptUsage.day) >= since)
        with self._database.reading() as session:
            return [_total(by, row) for row in session.execute(query).mappings()]


def _figures() -> list[ColumnElement[Any]]:
    usage = PromptUsage
    return [
        func.count().label("calls"),
        func.count().filter(col(usage.success).is_(False)).label("failures"),
        func.coalesce(func.sum(col(usage.input_tokens)), 0).label("input_tokens"),
        func.coalesce(func.sum(col(usage.output_tokens)), 0).label("output_tokens"),
        func.coalesce(func.sum(col(usage.cost_nano_usd)), 0).label("cost_nano_usd"),
        func.count().filter(col(usage.cost_nano_usd).is_(None)).label("unpriced"),
        func.avg(col(usage.latency_ms)).label("mean_latency_ms"),
    ]


def _total(by: tuple[Dimension, ...], row: Any) -> UsageTotal:  # noqa: ANN401 (a row of the database)
    key = {dimension: str(row[dimension]) for dimension in by}
    return UsageTotal(key=key, **{name: value for name, value in row.items() if name not in by})
