"""The whole store kept in a file, taken out of it, and moved between databases: equal by every table's checksum."""

import io
import json
import shutil
import tarfile
import threading
from pathlib import Path

import pytest
from fakes.checkout import Checkout
from fakes.command import Command
from fakes.knowledge import VALID
from fakes.seed import seed
from sqlalchemy import delete

from sigma_core import schema
from sigma_core.database import Database
from sigma_core.runtime.tables import Executor
from sigma_core.settings import load_settings
from sigma_core.store.checksums import TableSum, sums
from sigma_core.store.copying import FILLED_BY_MIGRATIONS, snapshot


@pytest.fixture
def filled(tmp_path: Path, home: Path) -> Command:
    """A home with rows of every kind and a project with a clone."""
    database = Database(load_settings(home).database_location)
    seed(database)
    with database.transaction() as session:
        session.execute(delete(Executor))
    database.dispose()
    sigma = Command(home, SIGMA_EMBEDDER="hashed")
    sigma("project", "add", Checkout(tmp_path / "shop", {"m.py": "def f(x=[]):\n    return x\n"}).path)
    return sigma


def held(url: str) -> dict[str, TableSum]:
    """What a database holds."""
    database = Database(url)
    with snapshot(database) as connection:
        found = sums(connection)
    database.dispose()
    return found


def location(home: Path) -> str:
    return f"sqlite:///{home / 'sigma.db'}"


def test_a_restored_home_equals_the_one_that_was_kept(filled: Command, tmp_path: Path) -> None:
    file = tmp_path / "kept.tar.gz"
    before = held(location(filled.home))
    kept = filled.json("backup", file)
    assert {name: TableSum(**each) for name, each in kept["tables"].items()} == before
    assert file.stat().st_mode & 0o077 == 0
    assert "there already" in filled.refused(4, "backup", file)
    other = Command(tmp_path / "other")
    assert other.json("restore", file)["rows"] == kept["rows"]
    assert held(location(other.home)) == before
    assert [each["name"] for each in other.json("project", "list")["projects"]]
    clones = [sorted(each.name for each in (home / "clones").iterdir()) for home in (filled.home, other.home)]
    assert clones[0] == clones[1] != []
    assert "in use" in other.refused(4, "restore", file)
    assert not list(other.home.glob(".restoring*"))


def test_what_is_kept_while_others_write_is_of_one_moment(filled: Command, tmp_path: Path) -> None:
    stop = threading.Event()
    said = []

    def talk() -> None:
        while not stop.is_set():
            payload = {**VALID["issue_pattern"], "issue_type": f"rule {len(said)}"}
            said.append(
                filled.json("publish", "issue_pattern", "--source", "operator", "--payload", json.dumps(payload))
            )

    talking = threading.Thread(target=talk)
    talking.start()
    try:
        for number in range(3):
            kept = filled.json("backup", tmp_path / f"{number}.tar.gz")
            other = Command(tmp_path / f"home{number}")
            other("restore", tmp_path / f"{number}.tar.gz")
            assert {name: TableSum(**each) for name, each in kept["tables"].items()} == held(location(other.home))
            tables = kept["tables"]
            assert tables["knowledge_delivery"]["rows"] >= tables["knowledge_exchange"]["rows"] > 0
    finally:
        stop.set()
        talking.join()


def test_a_damaged_file_makes_no_home(filled: Command, tmp_path: Path) -> None:
    file = tmp_path / "kept.tar.gz"
    filled("backup", file)
    whole = file.read_bytes()
    for name, data in {
        "truncated": whole[: len(whole) // 2],
        "changed": whole[: len(whole) // 2] + b"sigma" + whole[len(whole) // 2 + 5 :],
        "empty": b"",
        "no archive": b"hello" * 1000,
    }.items():
        damaged, home = tmp_path / name, tmp_path / f"home of {name}"
        damaged.write_bytes(data)
        Command(home).refused(2, "restore", damaged)
        assert not home.exists() or list(home.iterdir()) == [], name
    assert "is not there" in Command(tmp_path / "none").refused(2, "restore", tmp_path / "no file")


FOREIGN = (
    ("../outside", tarfile.REGTYPE),
    ("/etc/outside", tarfile.REGTYPE),
    ("clones/link", tarfile.SYMTYPE),
    ("clones/../../outside", tarfile.REGTYPE),
    ("prompts/device", tarfile.CHRTYPE),
    ("evil.py", tarfile.REGTYPE),
)


def test_nothing_is_written_outside_of_the_home(filled: Command, tmp_path: Path) -> None:
    file, forged = tmp_path / "kept.tar.gz", tmp_path / "forged.tar.gz"
    filled("backup", file)
    inside = tmp_path / "into"
    inside.mkdir()
    for name, kind in FOREIGN:
        with tarfile.open(file) as old, tarfile.open(forged, "w:gz") as new:
            for member in old:
                new.addfile(member, old.extractfile(member) if member.isfile() else None)
            added = tarfile.TarInfo(name)
            added.type, added.linkname, added.size = kind, "/etc/passwd", 5 if kind == tarfile.REGTYPE else 0
            new.addfile(added, io.BytesIO(b"hello") if added.size else None)
        Command(inside / "home").refused(2, "restore", forged)
        assert not list(tmp_path.rglob("outside")), name
        assert list((inside / "home").iterdir()) == [], name


@pytest.mark.postgresql
def test_rows_go_to_postgresql_and_back_as_they_are(filled: Command, tmp_path: Path, postgresql_url: str) -> None:
    before = held(location(filled.home))
    copied = filled.json("store", "copy", postgresql_url)
    assert copied["rows"] == sum(each.rows for each in before.values())
    assert held(postgresql_url) == before
    assert "holds something already" in filled.refused(4, "store", "copy", postgresql_url)
    moved = Command(tmp_path / "moved", SIGMA_DATABASE_URL=postgresql_url)
    shutil.copytree(filled.home / "clones", moved.home / "clones")
    back = tmp_path / "back" / "sigma.db"
    moved("store", "copy", f"sqlite:///{back}")
    assert held(f"sqlite:///{back}") == before
    # Numbers go on after those that were copied
    said = moved.json(
        "publish",
        "issue_pattern",
        "--source",
        "operator",
        "--payload",
        json.dumps({**VALID["issue_pattern"], "issue_type": "new"}),
    )
    assert said["message_id"] > max(each["id"] for each in filled.json("exchange", "list", "--limit", 10_000)["items"])


@pytest.mark.postgresql
def test_a_backup_of_postgresql_is_restored_into_either(
    filled: Command, tmp_path: Path, postgresql_url: str, postgresql_home_url: str
) -> None:
    filled("store", "copy", postgresql_url)
    moved = Command(tmp_path / "moved", SIGMA_DATABASE_URL=postgresql_url)
    file = tmp_path / "kept.tar.gz"
    moved("backup", file)
    before = held(postgresql_url)
    Command(tmp_path / "files").json("restore", file)
    assert held(location(tmp_path / "files")) == before
    used = Command(tmp_path / "used", SIGMA_DATABASE_URL=postgresql_home_url)
    assert "holds something already" in used.refused(4, "restore", file)


@pytest.mark.postgresql
def test_nothing_is_moved_while_a_scheduler_writes(home: Path, postgresql_url: str) -> None:
    database = Database(load_settings(home).database_location)
    seed(database)
    database.dispose()
    assert "Stop it first" in Command(home).refused(4, "store", "copy", postgresql_url)


def test_a_wrong_address_is_refused_and_not_repeated(filled: Command) -> None:
    for url in ("mysql://me:hushword@host/x", "hushword", "postgresql://"):
        assert "hushword" not in filled.refused(2, "store", "copy", url)


def test_the_tables_that_migrations_fill_are_known(tmp_path: Path) -> None:
    database = Database(f"sqlite:///{tmp_path / 'new.db'}")
    schema.migrate(database)
    with snapshot(database) as connection:
        filled = {name for name, each in sums(connection).items() if each.rows}
    database.dispose()
    assert filled <= FILLED_BY_MIGRATIONS
