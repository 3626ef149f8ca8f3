"""Time as the demonstration has it: it begins a month ago, and is led from hour to hour up to now."""

from datetime import datetime, timedelta

from sqlalchemy import Connection
from sqlmodel import Session

from sigma_core.clock import utc_now
from sigma_core.database import Database


class SimulatedClock:
    """Goes as fast as the real one, behind it by as much as is left of the past."""

    def __init__(self, begin: datetime) -> None:
        self._behind = utc_now() - begin

    def __call__(self) -> datetime:
        return utc_now() - self._behind

    def go_to(self, moment: datetime) -> None:
        """Let the time up to a moment pass, but never back, nor beyond the real one."""
        self._behind = min(self._behind, max(timedelta(), utc_now() - moment))


class SimulatedDatabase(Database):
    """The real database, which measures by the demonstration's clock."""

    def __init__(self, url: str, clock: SimulatedClock) -> None:
        super().__init__(url)
        self._clock = clock

    def now(self, session: Session | Connection) -> datetime:  # noqa: ARG002 (the database's)
        """As the rest of the demonstration has it."""
        return self._clock()
