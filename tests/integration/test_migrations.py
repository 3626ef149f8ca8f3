"""The schema that migrations make is the one the tables describe, on both databases."""

import os
import sqlite3
import subprocess
import sys
import threading
from contextlib import closing
from pathlib import Path

import pytest
from sqlalchemy import inspect

from sigma_core import schema
from sigma_core.database import Database
from sigma_core.errors import Unavailable

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture(params=["sqlite", "postgresql"])
def url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    return (
        f"sqlite:///{tmp_path / 'sigma.db'}" if request.param == "sqlite" else request.getfixturevalue("postgresql_url")
    )


def alembic(url: str, *lines: str) -> subprocess.CompletedProcess[str]:
    """Its command with each of these lines of arguments, one after the other, until one fails."""
    code = "import sys; from alembic.config import main\nfor line in sys.argv[1:]:\n    main(line.split())"
    return subprocess.run(
        [sys.executable, "-c", code, *lines],
        cwd=ROOT,
        env={**os.environ, "SIGMA_DATABASE_URL": url},
        capture_output=True,
        text=True,
        check=False,
    )


def test_up_down_and_up_again_leaves_what_the_tables_describe(url: str) -> None:
    done = alembic(url, "upgrade head", "downgrade base", "upgrade head", "check")
    assert done.returncode == 0, done.stdout + done.stderr
    assert "No new upgrade operations detected." in done.stdout


def test_starting_migrates_once(url: str) -> None:
    database = Database(url)
    assert schema.current(database) is None
    assert schema.migrate(database) is True
    assert schema.migrate(database) is False
    assert schema.current(database) == schema.newest()
    database.dispose()


def test_two_processes_that_start_at_once_migrate_once(url: str) -> None:
    code = (
        "import sys; from sigma_core import schema; from sigma_core.database import Database; "
        "schema.migrate(Database(sys.argv[1]))"
    )
    both = [subprocess.Popen([sys.executable, "-c", code, url], stderr=subprocess.PIPE) for _ in range(2)]
    assert [(process.communicate(timeout=120)[1], process.returncode) for process in both] == [(b"", 0), (b"", 0)]


def test_a_file_that_another_process_is_just_making_is_waited_for(tmp_path: Path) -> None:
    with closing(sqlite3.connect(tmp_path / "sigma.db", isolation_level=None, check_same_thread=False)) as other:
        other.execute("BEGIN IMMEDIATE")
        other.execute("CREATE TABLE just_made (id INTEGER)")
        ending = threading.Timer(0.3, lambda: other.execute("COMMIT"))
        ending.start()
        database = Database(f"sqlite:///{tmp_path / 'sigma.db'}")
        with database.reading() as session:
            assert inspect(session.connection()).has_table("just_made")
        ending.join()
        database.dispose()


def test_a_newer_database_is_refused_in_a_sentence(url: str) -> None:
    database = Database(url)
    schema.migrate(database)
    with database.engine.begin() as connection:
        connection.exec_driver_sql("UPDATE alembic_version SET version_num = '9999'")
    with pytest.raises(Unavailable, match="update SIGMA"):
        schema.migrate(database)
    database.dispose()
