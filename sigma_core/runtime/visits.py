"""What "since your last visit" means: since the person was last seen before a pause of half an hour."""

from datetime import datetime, timedelta

from sigma_core.clock import Clock
from sigma_core.database import Database
from sigma_core.runtime.tables import Visit

PAUSE = timedelta(minutes=30)
STEP = timedelta(minutes=1)
FIRST = timedelta(days=1)


class Visits:
    """Who looked when."""

    def __init__(self, database: Database, clock: Clock) -> None:
        self._database, self._clock = database, clock

    def since(self, actor: str) -> datetime:
        """When the visit before this one ended; for a first visit a day ago. Notes that `actor` is here now."""
        now = self._clock()
        with self._database.reading() as session:
            visit = session.get(Visit, actor)
        if visit is None:
            visit = Visit(actor=actor, since=now - FIRST, seen_at=now)
        elif now - visit.seen_at > PAUSE:
            visit = Visit(actor=actor, since=visit.seen_at, seen_at=now)
        elif now - visit.seen_at > STEP:
            visit = Visit(actor=actor, since=visit.since, seen_at=now)
        else:
            return visit.since
        with self._database.transaction() as session:
            session.merge(visit)
        return visit.since
