"""A disk that is full or fails: a clear error, nothing accepted lost, nothing half stored, and on it goes with room."""

import contextlib
import multiprocessing
import os
import resource
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from fakes.command import Command
from fakes.fingerprint import fingerprint
from fakes.knowledge import risk
from sqlalchemy import event
from sqlmodel import func, select

from sigma_core.clock import utc_now
from sigma_core.database import Database
from sigma_core.errors import Invalid, Unavailable
from sigma_core.exchange.message import Draft
from sigma_core.exchange.registry import Registry
from sigma_core.exchange.service import Exchange
from sigma_core.exchange.tables import Delivery, Knowledge, Validation
from sigma_core.graph.tables import GraphChange

FORKED = multiprocessing.get_context("fork")


def large(number: int) -> Draft:
    """About 7 kB that compress badly."""
    noise = "".join(chr(0x4E00 + (number * 7919 + place * 104_729) % 20_000) for place in range(2400))
    return Draft(
        "operator", "risk_pattern", {"pattern": f"p{number}", "severity": "high", "confidence": 0.5, "context": noise}
    )


def fill(exchange: Exchange) -> tuple[set[int], str]:
    """Publish until it fails: what was accepted, and what the error says."""
    accepted: set[int] = set()
    for number in range(5000):
        try:
            accepted |= {
                one.message_id for one in exchange.publish_many([large(3 * number + part) for part in range(3)])
            }
        except Unavailable as error:
            return accepted, str(error)
    pytest.fail("the disk never filled")


def assert_whole(database: Database, accepted: set[int]) -> None:
    """All that was accepted is there with its copies, its ledger entry and its graph change, and nothing besides."""
    with database.reading() as session:
        assert set(session.exec(select(Knowledge.id))) == accepted
        for table, each in ((Delivery, 2), (Validation, 1), (GraphChange, 1)):
            assert session.exec(select(func.count()).select_from(table)).one() == each * len(accepted)
        assert session.connection().exec_driver_sql("PRAGMA integrity_check").scalar_one() == "ok"


@pytest.fixture
def bounded(sqlite_copy: str) -> Iterator[tuple[Database, dict[str, int]]]:
    """A database of at most so many pages, as its connections are opened."""
    database, bound = Database(sqlite_copy), {"pages": 400}

    def set_bound(connection: Any, *_: object) -> None:
        connection.execute(f"PRAGMA max_page_count={bound['pages']}")

    event.listen(database.engine, "checkout", set_bound)
    yield database, bound
    database.dispose()


def test_a_full_database_refuses_clearly_loses_nothing_and_goes_on_when_there_is_room(bounded) -> None:
    database, bound = bounded
    exchange = Exchange(database, utc_now, Registry())
    accepted, said = fill(exchange)
    assert accepted
    assert said == "The disk is full, so nothing of this was stored: free some space, then try again."
    assert_whole(database, accepted)
    with pytest.raises(Unavailable, match="disk is full"):
        exchange.publish_many([large(90_000 + part) for part in range(3)])
    bound["pages"] = 10_000
    again = exchange.publish_many([large(99_999)])[0].message_id
    assert_whole(database, accepted | {again})
    received = {message.message_id for message in exchange.receive("think", 1000)}
    assert received == accepted | {again}


def test_a_callers_transaction_on_a_full_disk_stores_nothing_of_effect_or_publication(bounded) -> None:
    database, _ = bounded
    exchange = Exchange(database, utc_now, Registry())
    accepted, _ = fill(exchange)
    before = fingerprint(database)

    def work() -> None:
        with database.transaction() as session:
            exchange.judge("think", min(accepted), "useful", score=1, session=session)
            for number in range(50):
                exchange.publish_many([large(50_000 + number)], session=session)

    with pytest.raises(Unavailable, match="disk is full"):
        work()
    assert fingerprint(database) == before


def test_a_refusal_that_the_ledger_has_no_room_for_does_not_undo_what_the_caller_committed(bounded) -> None:
    database, bound = bounded
    exchange = Exchange(database, utc_now, Registry())
    accepted, _ = fill(exchange)

    with database.transaction() as session:
        exchange.judge("think", min(accepted), "useful", score=1, session=session)
        for number in range(60):
            with pytest.raises(Invalid):
                exchange.publish(
                    "operator",
                    "risk_pattern",
                    {f"{'x' * 150}{number}.{part}": 1 for part in range(50)},
                    session=session,
                )
    bound["pages"] = 10_000
    with database.reading() as session:
        assert session.exec(select(func.count()).where(Validation.verdict == "useful")).one() == 1


def publish_within(url: str, most_bytes: int, told: Any) -> None:
    """In a process of its own, whose files may not grow beyond that."""
    database = Database(url)
    exchange = Exchange(database, utc_now, Registry())
    exchange.publish("operator", risk(0))
    resource.setrlimit(resource.RLIMIT_FSIZE, (most_bytes, most_bytes))
    told.send(fill(exchange))
    os._exit(0)


def test_a_file_that_may_not_grow_gives_a_clear_error_and_loses_nothing(sqlite_copy: str) -> None:
    ours, theirs = FORKED.Pipe()
    process = FORKED.Process(target=publish_within, args=(sqlite_copy, 1_500_000, theirs))
    process.start()
    accepted, said = ours.recv()
    process.join()
    assert said == (
        "The disk failed while the database wrote to it (disk I/O error), so nothing of this was stored: "
        "check the disk and its free space, then try again."
    )
    database = Database(sqlite_copy)
    with database.reading() as session:
        first = session.exec(select(func.min(Knowledge.id))).one()
    assert_whole(database, accepted | {first})
    assert not Exchange(database, utc_now, Registry()).publish_many([large(99_999)])[0].duplicate
    database.dispose()


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A disk of 64 MiB."""
    folder = tmp_path / "disk"
    folder.mkdir()
    mounted = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", "size=64m", "tmpfs", folder], check=False, capture_output=True
    )
    if mounted.returncode:
        pytest.skip("may not mount a disk of its own")
    yield folder
    subprocess.run(["umount", "--lazy", folder], check=True)


def test_on_a_really_full_disk_the_command_says_so_in_one_sentence_and_works_again_with_room(small_disk: Path) -> None:
    sigma = Command(small_disk / "home")
    sigma("init")
    first = publish(sigma, "before").document["message_id"]
    ballast = small_disk / "ballast"
    with contextlib.suppress(OSError), ballast.open("wb", buffering=0) as file:
        while True:
            file.write(b"\0" * 4096)
    assert "disk" in publish(sigma, "full", code=1).complaint["error"]
    ballast.unlink()
    later = publish(sigma, "after").document["message_id"]
    got = [one["message_id"] for one in sigma.json("receive", "think")["messages"]]
    assert got == [first, later]


def publish(sigma: Command, pattern: str, code: int = 0) -> Any:
    payload = f'{{"pattern": "{pattern}", "severity": "high", "confidence": 0.5, "context": "disk"}}'
    return sigma("publish", "risk_pattern", "--source", "operator", "--payload", payload, "--json", code=code)
