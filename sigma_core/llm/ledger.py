"""Reading what calls left behind: the last rows, and sums from the rollups."""

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import date
from typing import Any, Literal, NamedTuple, get_args

from sqlalchemy import BigInteger, bindparam, cast, func, literal_column, select
from sqlmodel import Session, col

from sigma_core.database import Database
from sigma_core.llm import histogram
from sigma_core.llm import rollups as rollups_of_calls
from sigma_core.llm.spend_forecast import SpendForecast, of_month, reads_since
from sigma_core.llm.tables import PromptUsage, analytics
from sigma_core.prepared import Prepared

Dimension = Literal["day", "prompt", "template", "version", "label", "model", "worker"]
DIMENSIONS: tuple[Dimension, ...] = get_args(Dimension)


class Rollup(NamedTuple):
    """One stored rollup, as plain values."""

    day: str
    prompt: str
    template_id: int
    version: str
    label: str
    model: str
    worker: str
    project_id: int
    calls: int
    failures: int
    unpriced: int
    input_tokens: int
    output_tokens: int
    cached_tokens: int
    cost_nano_usd: int
    list_nano_usd: int
    latency_ms: int
    latencies: bytes


_KEYS = 8
"""How many of a rollup's columns say what is added up in it."""
_between = (
    select(*(analytics.c[name] for name in Rollup._fields))
    .where(analytics.c.day >= bindparam("since"), analytics.c.day <= bindparam("until"))
    .order_by(analytics.c.day)
)
_BETWEEN = Prepared(_between)
_BETWEEN_OF = Prepared(_between.where(analytics.c.project_id == bindparam("project_id")))
_SHARED = [analytics.c[name] for name in Rollup._fields[: _KEYS - 1]]
"""What rollups have in common that differ by project alone."""
_days = select(*_SHARED).where(analytics.c.day >= bindparam("since"), analytics.c.day <= bindparam("until"))
_sums = _days.add_columns(
    literal_column("0"), *(cast(func.sum(analytics.c[name]), BigInteger) for name in rollups_of_calls.COUNTS)
)
_its_prompt = analytics.c.prompt == bindparam("prompt")
_latencies = _days.add_columns(analytics.c.latencies)
_SUMS, _LATENCIES = Prepared(_sums.group_by(*_SHARED).order_by(*_SHARED)), Prepared(_latencies)
_SUMS_OF = Prepared(_sums.where(_its_prompt).group_by(*_SHARED).order_by(*_SHARED))
_LATENCIES_OF = Prepared(_latencies.where(_its_prompt))


@dataclass(frozen=True)
class UsageTotal:
    """Calls summed up. `key` holds the dimensions they were grouped by.

    `cost_nano_usd` sums what has a price; `unpriced` counts the calls that have none. `list_nano_usd` is what the
    tokens of free calls cost on the price list. Percentiles are within one percent.
    """

    key: dict[Dimension, str]
    calls: int
    failures: int
    unpriced: int
    input_tokens: int
    output_tokens: int
    cached_tokens: int
    cost_nano_usd: int
    list_nano_usd: int
    mean_latency_ms: float | None
    p50_ms: float | None
    p95_ms: float | None
    p99_ms: float | None

    @property
    def successes(self) -> int:
        """Calls that gave an answer that fits."""
        return self.calls - self.failures

    @property
    def known_cost_nano_usd(self) -> int | None:
        """The cost, None where no call has a price."""
        return None if self.unpriced and self.unpriced == self.calls else self.cost_nano_usd

    def document(self) -> dict[str, Any]:
        """As JSON, the dimensions as fields of their own."""
        values = asdict(self)
        return {**values.pop("key"), **values, "cost_nano_usd": self.known_cost_nano_usd}


@dataclass(frozen=True)
class Rebuilt:
    """The sums made anew: from how many calls, and how many sums were not what the calls add up to."""

    calls: int
    wrong: int


class UsageLedger:
    """What the calls recorded so far add up to."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._histograms = _MergedHistograms()

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

    def rollups(self, since: date, until: date, project_id: int | None = None) -> list[Rollup]:
        """The stored sums of the days from `since` to `until`, of all calls or one project's, oldest first."""
        with self._database.reading() as session:
            return between(session, since, until, project_id)

    def merged(
        self, since: date, until: date, project_id: int | None = None, prompt: str | None = None
    ) -> list[Rollup]:
        """The same, of all prompts or one; those of several projects as one: a page adds up a hundredth of the rows."""
        with self._database.reading() as session:
            if project_id is None:
                return _over_projects(session, since, until, prompt, self._histograms)
            found = between(session, since, until, project_id)
        return found if prompt is None else [each for each in found if each.prompt == prompt]

    def forecast(self, today: date, project_id: int | None = None) -> SpendForecast | None:
        """What the calls of this month will have cost; None where too few days are known."""
        with self._database.reading() as session:
            return of_month(paid_by_day(session, reads_since(today), project_id), today)

    def totals(
        self, by: tuple[Dimension, ...] = (), *, since: date = date.min, until: date = date.max
    ) -> list[UsageTotal]:
        """Sums per value of the dimensions in `by`, in their order; without any, at most one."""
        return totals(self.merged(since, until), by)

    def rebuild(self, since: date | None = None) -> Rebuilt:
        """Add up the recorded calls anew, from a day on or all."""
        first = since or date.min
        before = {rollup[:_KEYS]: rollup for rollup in self.rollups(first, date.max)}
        calls = rollups_of_calls.rebuild(self._database, since)
        after = {rollup[:_KEYS]: rollup for rollup in self.rollups(first, date.max)}
        return Rebuilt(calls, sum(before.get(key) != after.get(key) for key in before.keys() | after.keys()))


def between(session: Session, since: date, until: date, project_id: int | None) -> list[Rollup]:
    """The stored sums of some days, oldest first: one query."""
    days = {"since": since.isoformat(), "until": until.isoformat()}
    if project_id is None:
        rows = _BETWEEN.rows(session, days)
    else:
        rows = _BETWEEN_OF.rows(session, {**days, "project_id": project_id})
    return [Rollup(str(row[0]), *row[1:]) for row in rows]


def paid_by_day(session: Session, since: date, project_id: int | None) -> Mapping[str, int]:
    """What the calls of each day from `since` on are known to have cost, in nano-USD; of days that had any."""
    paid = select(analytics.c.day, cast(func.sum(analytics.c.cost_nano_usd), BigInteger)).where(
        analytics.c.day >= since
    )
    if project_id is not None:
        paid = paid.where(analytics.c.project_id == project_id)
    return {str(day): cost for day, cost in session.execute(paid.group_by(analytics.c.day))}


class _MergedHistograms:
    """Histograms over all projects, packed, by what they have in common and by what their calls add up to.

    Calls are only ever added: where neither their number nor the sum of their latencies has changed, nothing has. So of
    30 days those of today alone are added up again.
    """

    def __init__(self) -> None:
        self._known: dict[tuple[Any, ...], bytes] = {}

    def get(self, key: tuple[Any, ...]) -> bytes | None:
        """What is known of it."""
        return self._known.get(key)

    def keep(self, key: tuple[Any, ...], merged: bytes) -> None:
        """Remember it; the oldest are forgotten."""
        while len(self._known) >= _KEPT:
            # Another thread may have been quicker
            self._known.pop(next(iter(self._known)), None)
        self._known[key] = merged


_KEPT = 4000
"""Some kilobytes each."""
_CALLS, _LATENCY_MS = Rollup._fields.index("calls"), Rollup._fields.index("latency_ms")


def _over_projects(
    session: Session, since: date, until: date, prompt: str | None, known: _MergedHistograms
) -> list[Rollup]:
    """Numbers are added up by the database, which cannot add up histograms."""
    values = {"since": since.isoformat(), "until": until.isoformat()} | ({} if prompt is None else {"prompt": prompt})
    sums, latencies = (_SUMS, _LATENCIES) if prompt is None else (_SUMS_OF, _LATENCIES_OF)
    rows = [(str(row[0]), *row[1:]) for row in sums.rows(session, values)]
    keys = [(*row[: len(_SHARED)], row[_CALLS], row[_LATENCY_MS]) for row in rows]
    merged = [known.get(key) for key in keys]
    # In their order, as the rows
    days = [key[0] for key, packed in zip(keys, merged, strict=True) if packed is None]
    if days:
        histograms: dict[tuple[object, ...], int] = defaultdict(int)
        for day, *rest, stored in latencies.rows(session, values | {"since": days[0], "until": days[-1]}):
            histograms[(str(day), *rest)] += histogram.unpack(stored)
        for place, key in enumerate(keys):
            if merged[place] is None:
                merged[place] = histogram.pack(histograms[key[: len(_SHARED)]])
                known.keep(key, merged[place] or b"")
    return [Rollup._make((*row, packed)) for row, packed in zip(rows, merged, strict=True)]


def totals(rollups: Iterable[Rollup], by: Sequence[Dimension] = ()) -> list[UsageTotal]:
    """Rollups added up per value of some dimensions, in their order."""
    groups: dict[tuple[str, ...], list[Rollup]] = {}
    for rollup in rollups:
        groups.setdefault(tuple([_VALUES[dimension](rollup) for dimension in by]), []).append(rollup)
    return [_total(dict(zip(by, key, strict=True)), groups[key]) for key in sorted(groups)]


def by_day(rollups: Iterable[Rollup], by: Dimension) -> Mapping[str, Mapping[str, tuple[int, int]]]:
    """Of each value of a dimension, by day: what is known to have been paid (nano-USD), and calls."""
    sums: dict[str, dict[str, tuple[int, int]]] = {}
    for rollup in rollups:
        days = sums.setdefault(_VALUES[by](rollup), {})
        paid, calls = days.get(rollup.day, (0, 0))
        days[rollup.day] = paid + rollup.cost_nano_usd, calls + rollup.calls
    return sums


def total_of(rollups: Sequence[Rollup]) -> UsageTotal:
    """Rollups added up altogether, even where there are none."""
    return _total({}, rollups)


def spread(rollups: Iterable[Rollup]) -> int:
    """The histogram of how long all their calls took."""
    return sum(histogram.unpack(each.latencies) for each in rollups)


def template(rollup: Rollup) -> str:
    """A template's name: its slot, and its own where it is not the one that ships with SIGMA.

    Versions of those are named ``name/v3``.
    """
    name, slash, _ = rollup.version.rpartition("/")
    return f"{rollup.prompt}{slash}{name}"


_VALUES: Mapping[Dimension, Callable[[Rollup], str]] = {
    "day": lambda rollup: rollup.day,
    "prompt": lambda rollup: rollup.prompt,
    "template": template,
    "version": lambda rollup: f"{rollup.prompt}@{rollup.version}",
    "label": lambda rollup: rollup.label,
    "model": lambda rollup: rollup.model,
    "worker": lambda rollup: rollup.worker,
}


def _total(key: dict[Dimension, str], rollups: Sequence[Rollup]) -> UsageTotal:
    # by column: a page adds up thousands of rollups
    columns = dict(zip(Rollup._fields, zip(*rollups, strict=True), strict=False))
    sums = {name: sum(columns.get(name, ())) for name in rollups_of_calls.COUNTS}
    latency_ms, calls = sums.pop("latency_ms"), sums["calls"]
    p50_ms, p95_ms, p99_ms = histogram.percentiles(spread(rollups), (0.50, 0.95, 0.99))
    mean_ms = latency_ms / calls if calls else None
    return UsageTotal(key, **sums, mean_latency_ms=mean_ms, p50_ms=p50_ms, p95_ms=p95_ms, p99_ms=p99_ms)
