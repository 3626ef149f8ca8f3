"""When somebody last looked."""

from datetime import datetime

from sqlmodel import Field, SQLModel

from sigma_core.database import UTCDateTime


class Visit(SQLModel, table=True):
    """One person's latest visits: `since` is when the one before this ended."""

    __tablename__ = "console_visit"

    actor: str = Field(primary_key=True, max_length=200)
    since: datetime = Field(sa_type=UTCDateTime)
    seen_at: datetime = Field(sa_type=UTCDateTime)
