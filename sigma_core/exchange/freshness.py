"""How fresh knowledge is: e^(−age / decay time), 1 fresh, 0 stale; the same in Python and in SQL."""

import math
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, Float, SQLColumnExpression, case, func, literal
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.compiler import SQLCompiler
from sqlalchemy.sql.functions import FunctionElement

from sigma_core.database import UTCDateTime
from sigma_core.exchange.registry import UNREGISTERED_DECAY_S, Registry

ZERO_FROM = 700.0
"""Decay times after which it counts as 0: PostgreSQL refuses to compute an exp() that underflows."""


def freshness(refreshed_at: datetime, now: datetime, decay_s: float) -> float:
    """Freshness at `now` of what was last confirmed at `refreshed_at`; `decay_s` in seconds."""
    decays = max(0.0, (now - refreshed_at).total_seconds()) / decay_s
    return 0.0 if decays > ZERO_FROM else math.exp(-decays)


def is_over(refreshed_at: datetime, life_s: float | None, now: datetime) -> bool:
    """Is an item past its life?"""
    return life_s is not None and now - refreshed_at > timedelta(seconds=life_s)


def freshness_sql(
    refreshed_at: SQLColumnExpression[datetime], type_name: SQLColumnExpression[str], now: datetime, registry: Registry
) -> ColumnElement[float]:
    """The same as an SQL expression over columns, with each type's own decay time."""
    decay_s = case({one.name: one.decay_s for one in registry}, value=type_name, else_=UNREGISTERED_DECAY_S)
    decays = ElapsedSeconds(refreshed_at, literal(now, UTCDateTime)) / decay_s
    return case((decays > ZERO_FROM, 0.0), (decays < 0, 1.0), else_=func.exp(-decays))


class ElapsedSeconds(FunctionElement[float]):
    """Seconds from the first moment to the second."""

    name = "elapsed_seconds"
    inherit_cache = True
    type = Float()


@compiles(ElapsedSeconds, "sqlite")
def _elapsed_sqlite(element: ElapsedSeconds, compiler: SQLCompiler, **options: Any) -> str:  # noqa: ANN401
    earlier, later = (compiler.process(clause, **options) for clause in element.clauses)
    return f"((julianday({later}) - julianday({earlier})) * 86400.0)"


@compiles(ElapsedSeconds, "postgresql")
def _elapsed_postgresql(element: ElapsedSeconds, compiler: SQLCompiler, **options: Any) -> str:  # noqa: ANN401
    earlier, later = (compiler.process(clause, **options) for clause in element.clauses)
    return f"CAST(EXTRACT(EPOCH FROM ({later} - {earlier})) AS DOUBLE PRECISION)"
