"""What recording and reading usage costs. ``python benchmarks/usage.py [ROWS]`` (1 000 000 unless told).

Recording one by one and in batches, on a day that holds few and many calls; the analytics page's one query beside the
same figures by a full GROUP BY and beside exact percentiles. In turns within one run; medians.
"""

import math
import random
import statistics
import sys
import tempfile
import time
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from itertools import count
from pathlib import Path

from sigma_core.database import Database
from sigma_core.llm.call_ids import new_call_id
from sigma_core.llm.ledger import UsageLedger, UsageTotal, totals
from sigma_core.llm.recorder import UsageRecorder
from sigma_core.llm.tables import PromptUsage
from sigma_core.runtime.all_tables import metadata

START = datetime(2026, 11, 1, 12, tzinfo=UTC)
BATCH = 500
DAYS, PROMPTS, VERSIONS = 30, 4, 2
FULL = (
    "SELECT day, prompt, version, count(*), sum(NOT success), sum(input_tokens), sum(output_tokens),"
    " sum(cost_nano_usd), avg(latency_ms) FROM prompt_usage GROUP BY day, prompt, version"
)
LATENCIES = "SELECT prompt, version, latency_ms FROM prompt_usage ORDER BY prompt, version, latency_ms"
_random = random.Random(1)


def call(at: datetime, number: int = 0) -> PromptUsage:
    """A call as the metered model records it."""
    return PromptUsage(
        call_id=new_call_id(),
        prompt=f"think/p{number % PROMPTS}",
        version=str(number // PROMPTS % VERSIONS),
        worker="think",
        run_id=1,
        project_id=1,
        model="m",
        input_tokens=800,
        output_tokens=100,
        cached_tokens=0,
        cost_nano_usd=1_000_000,
        latency_ms=round(_random.lognormvariate(7, 0.6)),
        success=number % 50 != 0,
        context={"view": None},
        day=at.date(),
        created_at=at,
    )


def opened(folder: Path, name: str) -> Database:
    """A fresh database."""
    database = Database(f"sqlite:///{folder / name}.db")
    metadata.create_all(database.engine)
    return database


def seconds(work: Callable[[], object]) -> tuple[float, float]:
    """CPU and wall time."""
    cpu, wall = time.process_time(), time.perf_counter()
    work()
    return time.process_time() - cpu, time.perf_counter() - wall


def fill(recorder: UsageRecorder, at: datetime, size: int, numbers: "count[int]") -> None:
    """Record calls of one day."""
    for _ in range(size // BATCH):
        recorder.record(*(call(at, next(numbers)) for _ in range(BATCH)))


def recording(folder: Path, few: int, many: int, rounds: int) -> None:
    """One by one and batched on both days, in turns."""
    sides = {}
    for size in (few, many):
        recorder = UsageRecorder(opened(folder, f"day{size}"), folder / "spool")
        fill(recorder, START, size, count())
        sides[size] = recorder
    cost: dict[tuple[int, str], list[tuple[float, float]]] = {}
    for _ in range(rounds):
        for size, recorder in sides.items():
            singles, batch = [call(START, n) for n in range(50)], [call(START, n) for n in range(BATCH)]
            spent = seconds(lambda r=recorder, s=singles: [r.record(each) for each in s])
            cost.setdefault((size, "single"), []).append((spent[0] / 50, spent[1] / 50))
            spent = seconds(lambda r=recorder, b=batch: r.record(*b))
            cost.setdefault((size, "batch"), []).append((spent[0] / BATCH, spent[1] / BATCH))
    for way in ("single", "batch"):
        first = statistics.median(cpu for cpu, _ in cost[few, way])
        for size in (few, many):
            cpu = statistics.median(cpu for cpu, _ in cost[size, way])
            wall = statistics.median(wall for _, wall in cost[size, way])
            print(
                f"recording {way:<6} beside {size:>7} calls of the day: {1 / cpu:9.0f} a second of CPU, "
                f"{1 / wall:9.0f} by the clock; {cpu / first:.2f} of the smallest's cost"
            )


def page(database: Database) -> list[UsageTotal]:
    """What the page reads and adds up."""
    rollups = UsageLedger(database).rollups(date.min, date.max)
    return [*totals(rollups), *totals(rollups, ("version",))]


def reading(folder: Path, rows: int, rounds: int) -> None:
    """The page beside a full GROUP BY and beside exact percentiles."""
    database, numbers = opened(folder, "page"), count()
    recorder = UsageRecorder(database, folder / "spool")
    for day in range(DAYS):
        fill(recorder, START + timedelta(days=day), rows // DAYS, numbers)
    connection = database.engine.raw_connection()
    run: dict[str, Callable[[], object]] = {
        "page": lambda: page(database),
        "group": lambda: connection.cursor().execute(FULL).fetchall(),
        "exact": lambda: exact(connection.cursor().execute(LATENCIES).fetchall()),
    }
    for work in run.values():
        work()
    spent: dict[str, list[float]] = {name: [] for name in run}
    for _ in range(rounds):
        for name, work in run.items():
            spent[name].append(seconds(work)[0] * 1000)
    ours, group, precise = (statistics.median(spent[name]) for name in run)
    truth = exact(connection.cursor().execute(LATENCIES).fetchall())
    off = max(
        abs(found - truth[total.key["version"]][share]) / truth[total.key["version"]][share]
        for total in page(database)[1:]
        for share, found in ((0.50, total.p50_ms or 0), (0.95, total.p95_ms or 0))
    )
    print(
        f"page over {next(numbers)} calls: {ours:.2f} ms CPU; full GROUP BY {group:.0f} ms ({group / ours:.0f} x), "
        f"exact percentiles {precise:.0f} ms ({precise / ours:.0f} x); ours off by {off:.2%} at most"
    )


def exact(rows: list[tuple[str, str, int]]) -> dict[str, dict[float, int]]:
    """p50 and p95 by version, from every latency, by nearest rank; the rows come in order."""
    by_version: dict[str, list[int]] = {}
    for prompt, version, latency in rows:
        by_version.setdefault(f"{prompt}@{version}", []).append(latency)
    return {
        name: {share: values[math.ceil(share * len(values)) - 1] for share in (0.50, 0.95)}
        for name, values in by_version.items()
    }


def main() -> None:
    """Print the table."""
    rows = int(sys.argv[1]) if len(sys.argv) > 1 else 1_000_000
    with tempfile.TemporaryDirectory() as folder:
        recording(Path(folder), max(BATCH, rows // 1000), max(BATCH, rows // 10), rounds=15)
        reading(Path(folder), rows, rounds=5)


if __name__ == "__main__":
    main()
