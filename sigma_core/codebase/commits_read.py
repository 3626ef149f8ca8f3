"""What is known of commits that were read."""

from datetime import datetime

from sqlalchemy import select
from sqlmodel import Session

from sigma_core.codebase.tables import commits


def moment_of(session: Session, project_id: int, commit: str) -> datetime | None:
    """Since when a commit is the newest of its line; None where it was not read."""
    named = select(commits.c.at).where(commits.c.project_id == project_id, commits.c.commit == commit)
    found: datetime | None = session.execute(named).scalar()
    return found


def parent_of(session: Session, project_id: int, commit: str) -> str | None:
    """The commit before it on the main line; None where that was not read."""
    at = moment_of(session, project_id, commit)
    before = select(commits.c.commit).where(commits.c.project_id == project_id, commits.c.at < at)
    found: str | None = session.execute(before.order_by(commits.c.at.desc()).limit(1)).scalar()
    return found
