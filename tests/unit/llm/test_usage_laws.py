"""Whatever happens in whatever order: the rollups are what the usage rows add up to."""

import shutil
import tempfile
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from sigma_core.database import Database
from sigma_core.llm import rollups
from sigma_core.llm.ledger import DIMENSIONS, Rollup, UsageLedger, total_of, totals
from sigma_core.llm.prices import Prices
from sigma_core.llm.pricing import Pricing, Rates
from sigma_core.llm.recorder import UsageRecorder
from sigma_core.llm.tables import PromptUsage

NOON = datetime(2026, 11, 22, 12, tzinfo=UTC)
MAYBE = st.none() | st.integers(0, 2**31 - 1)


@st.composite
def calls(draw: st.DrawFn) -> PromptUsage:
    at = NOON + timedelta(hours=draw(st.integers(-40, 40)))
    free = draw(st.booleans())
    return PromptUsage(
        call_id=draw(st.uuids()).hex,
        prompt=draw(st.sampled_from(["think/a", "dream/b"])),
        template_id=draw(st.sampled_from([None, 7])),
        version=draw(st.sampled_from(["builtin-1", "2"])),
        label=draw(st.sampled_from([None, "production"])),
        project_id=draw(st.sampled_from([None, 1, 2])),
        worker=draw(st.sampled_from(["think", "dream"])),
        model=draw(st.sampled_from(["m", "mine"])),
        input_tokens=draw(MAYBE),
        output_tokens=draw(MAYBE),
        cached_tokens=draw(MAYBE),
        cost_nano_usd=0 if free else draw(st.none() | st.integers(0, 10**15)),
        list_nano_usd=draw(MAYBE) if free else None,
        latency_ms=draw(st.integers(0, 10**7)),
        success=draw(st.booleans()),
        day=at.date(),
        created_at=at,
    )


EVENTS = st.lists(
    st.tuples(st.just("record"), st.lists(calls(), max_size=5))
    | st.tuples(st.sampled_from(["away", "back", "rebuild"]), st.none())
    | st.tuples(st.just("price"), st.integers(0, 10**12)),
    max_size=12,
)


@contextmanager
def copy_of(template: Path) -> Iterator[Database]:
    with tempfile.TemporaryDirectory() as folder:
        shutil.copy(template, Path(folder) / "sigma.db")
        database = Database(f"sqlite:///{folder}/sigma.db")
        yield database
        database.dispose()


def stored(database: Database) -> list[Rollup]:
    return sorted(UsageLedger(database).rollups(date.min, date.max))


def rename(database: Database, old: str, new: str) -> None:
    with database.engine.begin() as connection:
        connection.exec_driver_sql(f"ALTER TABLE {old} RENAME TO {new}")


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(events=EVENTS)
def test_the_rollups_are_the_rows_added_up_after_any_events(sqlite_template: Path, events: list) -> None:
    with copy_of(sqlite_template) as database:
        recorder = UsageRecorder(database, Path(database.engine.url.database or "").parent / "spool")
        pricing = Pricing(database, lambda: NOON, Prices(database, {}, "openai/gpt-4.1-mini"))
        # What it remembers of histograms is as true after whatever comes
        ledger = UsageLedger(database)
        recorded, away = 0, False
        for kind, value in events:
            ledger.merged(date.min, date.max)
            if kind == "record" and value:
                recorder.record(*value)
                recorded += len(value)
            elif kind in ("away", "back") and away != (kind == "away"):
                away = not away
                rename(database, *(("prompt_usage", "elsewhere") if away else ("elsewhere", "prompt_usage")))
            elif kind == "rebuild" and not away:
                rollups.rebuild(database, NOON.date())
            elif kind == "price" and not away:
                pricing.enter("mine", Rates(value, value, value // 2), actor="ada", valid_from=NOON.date())
        if away:
            rename(database, "elsewhere", "prompt_usage")
        recorder.flush()
        kept = stored(database)
        assert sum(rollup.calls for rollup in kept) == recorded
        assert rollups.rebuild(database) == recorded
        assert stored(database) == kept
        assert_merged_is_the_same(ledger, kept)


def assert_merged_is_the_same(ledger: UsageLedger, kept: list[Rollup]) -> None:
    merged = ledger.merged(date.min, date.max)
    assert len({rollup[:7] for rollup in kept}) == len(merged)
    for by in DIMENSIONS:
        assert totals(merged, (by,)) == totals(kept, (by,))
    for prompt in {rollup.prompt for rollup in kept}:
        mine = [rollup for rollup in kept if rollup.prompt == prompt]
        assert total_of(ledger.merged(date.min, date.max, prompt=prompt)) == total_of(mine)
        for project_id in {rollup.project_id for rollup in mine}:
            its = ledger.merged(date.min, date.max, project_id, prompt)
            assert sorted(its) == [rollup for rollup in mine if rollup.project_id == project_id]


def test_who_records_at_once_loses_nothing_beside_a_rebuild(database: Database, tmp_path: Path) -> None:
    recorder = UsageRecorder(database, tmp_path / "spool")

    def record(number: int) -> None:
        for n in range(10):
            call = PromptUsage(
                call_id=f"{number}-{n}",
                prompt=f"think/{n % 3}",
                project_id=number or None,
                version="1",
                worker="think",
                model="m",
                latency_ms=n,
                success=True,
                day=NOON.date(),
                created_at=NOON,
            )
            recorder.record(call)

    with ThreadPoolExecutor(5) as pool:
        work = [pool.submit(record, number) for number in range(4)]
        rebuilt = pool.submit(rollups.rebuild, database)
        for each in (*work, rebuilt):
            each.result()
    assert recorder.flush() == 0
    kept = stored(database)
    assert sum(rollup.calls for rollup in kept) == 40
    rollups.rebuild(database)
    assert stored(database) == kept
    assert_merged_is_the_same(UsageLedger(database), kept)
