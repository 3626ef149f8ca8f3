"""A real database whose clock a test turns forward."""

from datetime import datetime, timedelta

from sqlalchemy import Connection
from sqlmodel import Session

from sigma_core.database import Database


class SteeredDatabase(Database):
    """Leases end when the test says so."""

    ahead = timedelta()

    def now(self, session: Session | Connection) -> datetime:
        """The database's own clock, and as far ahead as the test went."""
        return super().now(session) + self.ahead

    def forward(self, seconds: float) -> None:
        """Let time pass."""
        self.ahead += timedelta(seconds=seconds)
