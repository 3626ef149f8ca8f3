"""Usage rows survive a store that is away, and are stored once."""

import os
import stat
from datetime import UTC, datetime
from pathlib import Path

import pytest
from sqlalchemy import text

from sigma_core.database import Database
from sigma_core.errors import Unavailable
from sigma_core.llm.ledger import UsageLedger
from sigma_core.llm.recorder import UsageRecorder
from sigma_core.llm.tables import PromptUsage

NOON = datetime(2026, 11, 22, 12, tzinfo=UTC)


def row(call_id: str) -> PromptUsage:
    return PromptUsage(
        call_id=call_id,
        prompt="think/test",
        version="1",
        worker="think",
        model="m",
        latency_ms=5,
        success=True,
        context={"view": None},
        day=NOON.date(),
        created_at=NOON,
    )


@pytest.fixture
def spool(tmp_path: Path) -> Path:
    return tmp_path / "spool" / "usage.jsonl"


@pytest.fixture
def recorder(sqlite_database: Database, spool: Path) -> UsageRecorder:
    return UsageRecorder(sqlite_database, spool)


def set_away(database: Database, *, away: bool) -> None:
    names = ("prompt_usage", "elsewhere") if away else ("elsewhere", "prompt_usage")
    with database.engine.begin() as connection:
        connection.execute(text(f"ALTER TABLE {names[0]} RENAME TO {names[1]}"))


def stored(database: Database) -> list[str]:
    return sorted(row.call_id for row in UsageLedger(database).rows())


def test_a_row_waits_in_the_spool_while_the_store_is_away(
    recorder: UsageRecorder, sqlite_database: Database, spool: Path
) -> None:
    set_away(sqlite_database, away=True)
    recorder.record(row("a"))
    recorder.record(row("b"))
    with pytest.raises(Unavailable):
        recorder.flush()
    assert stat.S_IMODE(spool.parent.stat().st_mode) == 0o700
    set_away(sqlite_database, away=False)
    recorder.record(row("c"))
    assert stored(sqlite_database) == ["a", "b", "c"]
    assert recorder.flush() == 0
    assert UsageLedger(sqlite_database).rows()[-1].created_at == NOON


def test_a_crash_between_storing_and_emptying_the_spool_stores_nothing_twice(
    recorder: UsageRecorder, sqlite_database: Database, spool: Path
) -> None:
    spool.parent.mkdir()
    spool.write_text(row("a").model_dump_json() + "\n" + row("b").model_dump_json() + "\n")
    kept = spool.read_bytes()
    assert recorder.flush() == 2
    spool.write_bytes(kept)
    assert recorder.flush() == 0
    assert stored(sqlite_database) == ["a", "b"]


def test_half_a_line_of_a_process_that_died_costs_only_that_line(
    recorder: UsageRecorder, sqlite_database: Database, spool: Path
) -> None:
    spool.parent.mkdir()
    spool.write_text(row("a").model_dump_json() + '\n{"call_id": "hal')
    set_away(sqlite_database, away=True)
    recorder.record(row("b"))
    set_away(sqlite_database, away=False)
    assert recorder.flush() == 2
    assert stored(sqlite_database) == ["a", "b"]


@pytest.mark.skipif(os.geteuid() == 0 and not Path("/dev/full").exists(), reason="needs /dev/full")
def test_with_store_and_disk_away_the_call_still_succeeds_and_the_log_has_the_row(
    sqlite_database: Database, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    spool = tmp_path / "usage.jsonl"
    spool.symlink_to("/dev/full")
    set_away(sqlite_database, away=True)
    UsageRecorder(sqlite_database, spool).record(row("a"))
    assert "usage row lost" in caplog.text
    assert '"call_id":"a"' in caplog.text
