"""Usage added up by day as it is recorded: what a call costs to record does not grow with what is there."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from functools import lru_cache
from operator import itemgetter
from typing import Any, NamedTuple

from sqlalchemy import ColumnElement, RowMapping, and_, bindparam, delete, insert, select, update
from sqlmodel import Session

from sigma_core.database import Database
from sigma_core.llm import histogram
from sigma_core.llm.tables import PromptUsage, analytics, usage
from sigma_core.prepared import Prepared

COUNTS = (
    "calls",
    "failures",
    "unpriced",
    "input_tokens",
    "output_tokens",
    "cached_tokens",
    "cost_nano_usd",
    "list_nano_usd",
    "latency_ms",
)
_KEY = ("day", "prompt", "template_id", "version", "label", "model", "worker", "project_id")
_COUNTED = ("success", "input_tokens", "output_tokens", "cached_tokens", "cost_nano_usd", "list_nano_usd", "latency_ms")
_taken = itemgetter(*_KEY, *_COUNTED)
_CHUNK = 10_000
iso_day = lru_cache(100)(date.isoformat)
"""A day as text: both drivers take that. There are few at a time."""
Recorded = Mapping[str, Any] | RowMapping
"""What of a usage row is added up, by column."""


class Key(NamedTuple):
    """What is added up together. Days as ISO text: both drivers take that."""

    day: str
    prompt: str
    template_id: int
    version: str
    label: str
    model: str
    worker: str
    project_id: int


@dataclass(slots=True)
class Sums:
    """What is added to a rollup."""

    calls: int = 0
    failures: int = 0
    unpriced: int = 0
    input_tokens: int = 0
    output_tokens: int = 0
    cached_tokens: int = 0
    cost_nano_usd: int = 0
    list_nano_usd: int = 0
    latency_ms: int = 0
    histogram: int = 0

    def take(self, rows: Sequence[tuple[Any, ...]]) -> None:
        """Count rows, each as its counted columns in order. Whole columns are summed: many rows cost little each."""
        success, inputs, outputs, cached, costs, listed, latencies = zip(*rows, strict=True)
        self.calls += len(rows)
        self.failures += len(rows) - sum(success)
        self.unpriced += costs.count(None)
        self.input_tokens += sum(filter(None, inputs))
        self.output_tokens += sum(filter(None, outputs))
        self.cached_tokens += sum(filter(None, cached))
        self.cost_nano_usd += sum(filter(None, costs))
        self.list_nano_usd += sum(filter(None, listed))
        self.latency_ms += sum(latencies)
        self.histogram += histogram.many(latencies)

    def counts(self) -> dict[str, int]:
        """The plain sums by column."""
        return {name: getattr(self, name) for name in COUNTS}


_is_key: ColumnElement[bool] = and_(*(analytics.c[name] == bindparam(name) for name in Key._fields))
_FIND = Prepared(select(analytics.c.id, analytics.c.latencies).where(_is_key).with_for_update())
_BEGIN = Prepared(
    insert(analytics).inline().values({name: bindparam(name) for name in (*Key._fields, *COUNTS, "latencies")})
)
_ADD = Prepared(
    update(analytics)
    .where(analytics.c.id == bindparam("rollup_id"))
    .values(
        {name: analytics.c[name] + bindparam(f"more_{name}") for name in COUNTS}
        | {"latencies": bindparam("new_latencies")}
    )
)


def added_up(rows: Iterable[PromptUsage]) -> dict[Key, Sums]:
    """Usage rows by what they are added up with."""
    by_key: dict[Key, Sums] = {}
    _add_up(by_key, map(_taken, map(vars, rows)))
    return by_key


def key_of(row: Recorded) -> Key:
    """Where a usage row belongs."""
    return _key([row[name] for name in _KEY])


def add(session: Session, database: Database, by_key: dict[Key, Sums]) -> None:
    """Add to the rollups in the caller's transaction."""
    # In one order for all, so that two who add never wait for each other
    for key in sorted(by_key):
        sums, values = by_key[key], key._asdict()
        found = _FIND.rows(session, values)
        if not found:
            database.lock(session, f"prompt_analytics {key}")
            found = _FIND.rows(session, values)
        if not found:
            _BEGIN.run(session, {**values, **sums.counts(), "latencies": histogram.pack(sums.histogram)})
            continue
        ((rollup_id, latencies),) = found
        merged = histogram.pack(histogram.unpack(latencies) + sums.histogram) if sums.histogram else latencies
        more = {f"more_{name}": value for name, value in sums.counts().items()}
        _ADD.run(session, {**more, "rollup_id": rollup_id, "new_latencies": merged})


def rebuild(database: Database, since: date | None = None) -> int:
    """Make the rollups again from the usage rows, from a day on; how many rows that were."""
    counted = 0
    with database.transaction() as session:
        old, rows = delete(analytics), select(*(usage.c[name] for name in (*_KEY, *_COUNTED)))
        if since is not None:
            old, rows = old.where(analytics.c.day >= since), rows.where(usage.c.day >= since)
        # Who records meanwhile waits, and adds to what was made
        database.lock_table(session, analytics)
        session.execute(old)
        by_key: dict[Key, Sums] = {}
        for chunk in session.execute(rows.execution_options(yield_per=_CHUNK)).partitions():
            counted += len(chunk)
            _add_up(by_key, chunk)
        add(session, database, by_key)
    return counted


def _add_up(by_key: dict[Key, Sums], rows: Iterable[Sequence[Any]]) -> None:
    """Count rows, each as its key's columns and then the counted ones."""
    groups: dict[Sequence[Any], list[Any]] = defaultdict(list)
    for row in rows:
        groups[row[: len(_KEY)]].append(row[len(_KEY) :])
    for key, members in groups.items():
        by_key.setdefault(_key(key), Sums()).take(members)


def _key(values: Sequence[Any]) -> Key:
    day, prompt, template_id, version, label, model, worker, project_id = values
    return Key(iso_day(day), prompt, template_id or 0, version, label or "", model, worker, project_id or 0)
