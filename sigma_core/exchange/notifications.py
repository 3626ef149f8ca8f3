"""Being told that something has happened in the exchange, in any process, at next to no cost.

SQLite counts the commits of other connections: asking it is a microsecond, so it is asked often. PostgreSQL notifies
by itself, when a transaction commits, with one word on a channel. Both may wake for nothing: what happened is in the
feed.
"""

import sqlite3
import time
from typing import TYPE_CHECKING, Protocol

from sqlalchemy import DDL, event

from sigma_core.database import Database
from sigma_core.errors import Unavailable
from sigma_core.exchange.tables import conflict, delivery, knowledge

if TYPE_CHECKING:
    import psycopg

POLL_S = 0.1
CHANNEL = "sigma_exchange"
_FUNCTION = f"""
CREATE OR REPLACE FUNCTION sigma_announce() RETURNS trigger LANGUAGE plpgsql AS
$$ BEGIN PERFORM pg_notify('{CHANNEL}', ''); RETURN NULL; END $$
"""
_TRIGGERS = {
    knowledge: "AFTER INSERT OR UPDATE OF evidence_count ON knowledge_exchange FOR EACH STATEMENT",
    conflict: "AFTER INSERT OR UPDATE ON knowledge_conflict FOR EACH STATEMENT",
    delivery: "AFTER UPDATE OF state ON knowledge_delivery FOR EACH ROW "
    "WHEN (NEW.state = 'dead' OR OLD.state = 'dead')",
}

for table, when in _TRIGGERS.items():
    for statement in (_FUNCTION, f"CREATE TRIGGER sigma_announce {when} EXECUTE FUNCTION sigma_announce()"):
        event.listen(table, "after_create", DDL(statement).execute_if(dialect="postgresql"))  # type: ignore[no-untyped-call]


class Wakeup(Protocol):
    """Something to wait on."""

    def wait(self, timeout_s: float) -> bool:
        """Whether something may have happened since the last call; at the latest after `timeout_s`."""
        ...

    def close(self) -> None:
        """Let go of the connection."""
        ...


def listen(database: Database) -> Wakeup:
    """Begin to listen. What happens from now on is told. Raises `Unavailable`."""
    url = database.engine.url
    if database.is_sqlite:
        return CommitCount(sqlite3.connect(str(url.database), isolation_level=None, check_same_thread=False))
    import psycopg  # not loaded where the database is a file

    try:
        connection = psycopg.connect(
            url.set(drivername="postgresql").render_as_string(hide_password=False), autocommit=True
        )
        connection.execute(f"LISTEN {CHANNEL}")
    except psycopg.OperationalError as error:
        message = f"The database cannot be listened to: {error}"
        raise Unavailable(message) from error
    return Announcements(connection)


class CommitCount:
    """SQLite: has anybody committed?"""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._connection = connection
        self._last = self._version()

    def wait(self, timeout_s: float) -> bool:
        """Ask every tenth of a second."""
        ends = time.monotonic() + timeout_s
        while (version := self._version()) == self._last:
            left = ends - time.monotonic()
            if left <= 0:
                return False
            time.sleep(min(POLL_S, left))
        self._last = version
        return True

    def close(self) -> None:
        """Close the file."""
        self._connection.close()

    def _version(self) -> int:
        version: int = self._connection.execute("PRAGMA data_version").fetchone()[0]
        return version


class Announcements:
    """PostgreSQL: has the exchange announced anything?"""

    def __init__(self, connection: "psycopg.Connection[tuple[object, ...]]") -> None:
        self._connection = connection

    def wait(self, timeout_s: float) -> bool:
        """Sleep until the server tells. Raises `Unavailable` when it is gone."""
        import psycopg

        try:
            return any(True for _ in self._connection.notifies(timeout=timeout_s, stop_after=1))
        except psycopg.OperationalError as error:
            message = f"The database can no longer be listened to: {error}"
            raise Unavailable(message) from error

    def close(self) -> None:
        """Hang up."""
        self._connection.close()
