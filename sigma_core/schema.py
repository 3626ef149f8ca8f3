"""Bringing a database to the newest schema."""

from pathlib import Path

from sqlalchemy import inspect, text

from sigma_core.database import Database
from sigma_core.errors import Unavailable

MIGRATIONS = Path(__file__).resolve().parent.parent / "migrations"


def newest() -> str:
    """The revision this code needs: the highest number among the migrations' file names."""
    revisions = sorted(path.name.split("_", 1)[0] for path in (MIGRATIONS / "versions").glob("[0-9]*.py"))
    if not revisions:
        raise Unavailable(f"No migrations in {MIGRATIONS}; run SIGMA from its own checkout.")
    return revisions[-1]


def current(database: Database) -> str | None:
    """The revision the database is at; None before the first migration."""
    with database.reading() as session:
        if not inspect(session.connection()).has_table("alembic_version"):
            return None
        return session.connection().execute(text("SELECT version_num FROM alembic_version")).scalar()


def migrate(database: Database) -> bool:
    """Upgrade to the newest revision; whether there was anything to do.

    Raises `Unavailable` when the database is newer than this code.
    """
    at, wanted = current(database), newest()
    if at == wanted:
        return False
    if at is not None and at > wanted:
        raise Unavailable(f"The database is at revision {at}, this SIGMA knows {wanted}: update SIGMA.")
    # Alembic costs half a second to import: only where there is something to migrate
    from alembic import command
    from alembic.config import Config

    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS).replace("%", "%%"))
    config.attributes["engine"] = database.engine
    command.upgrade(config, "head")
    return True
