"""How much time has passed for certain: what is thrown away for its age is not thrown away by a clock that ran ahead.

Time that passes at once, a clock set wrong or a machine switched off, is doubted for a day. Where the clock is put back
before that, nothing has happened; where it goes on from there, the time has passed.
"""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from sigma_core.database import Database
from sigma_core.runtime.tables import RetentionClock

AT_ONCE = timedelta(days=1)
"""Between two looks: more is no pause of a machine that is used every day."""
BELIEVED_AFTER = timedelta(days=1)


@dataclass(frozen=True)
class WitnessedTime:
    """When the clock was looked at last, and what had passed at once since when."""

    seen_at: datetime
    doubted: timedelta = timedelta()
    since: datetime | None = None

    def at(self, now: datetime) -> "WitnessedTime":
        """After another look at the clock."""
        put_back = now < self.seen_at
        believed = self.since is not None and now - self.since >= BELIEVED_AFTER
        if put_back or believed:
            return WitnessedTime(now)
        passed = now - self.seen_at
        if passed <= AT_ONCE:
            return replace(self, seen_at=now)
        return WitnessedTime(now, self.doubted + passed, self.since or now)


class RetentionTime:
    """The clock as retention has seen it, kept in the database."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def doubted(self) -> timedelta:
        """How much of the time that the clock tells has not passed for certain. Looks at the clock."""
        with self._database.transaction() as session:
            now = self._database.now(session)
            row = session.get(RetentionClock, 1) or RetentionClock(seen_at=now)
            before = WitnessedTime(row.seen_at, timedelta(seconds=row.doubted_s), row.doubted_since)
            after = before.at(now)
            row.seen_at, row.doubted_s, row.doubted_since = after.seen_at, after.doubted.total_seconds(), after.since
            session.add(row)
            return after.doubted
