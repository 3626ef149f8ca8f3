"""Bringing a database to the newest schema."""

import re
from collections.abc import Mapping

from sqlalchemy import inspect, text

from sigma_core.database import Database
from sigma_core.errors import Unavailable
from sigma_core.inherited import ROOT

MIGRATIONS = ROOT / "migrations"
_REVISION = re.compile(r'^(revision|down_revision): [^=]+= "(\w+)"', re.MULTILINE)


def newest() -> str:
    """The revision this code needs: the one that no other rests on."""
    before = _revisions()
    (newest,) = before.keys() - set(before.values())
    return newest


def _revisions() -> Mapping[str, str | None]:
    """Each revision with the one before it, as the migrations' files say: Alembic takes long to import."""
    files = [dict(_REVISION.findall(path.read_text())) for path in (MIGRATIONS / "versions").glob("[0-9]*.py")]
    if not files:
        raise Unavailable(f"No migrations in {MIGRATIONS}; run SIGMA from its own checkout.")
    return {file["revision"]: file.get("down_revision") for file in files}


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
    if at is not None and at not in _revisions():
        raise Unavailable(f"The database is at revision {at}, this SIGMA knows {wanted}: update SIGMA.")
    # Alembic costs half a second to import: only where there is something to migrate
    from alembic import command
    from alembic.config import Config

    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS).replace("%", "%%"))
    config.attributes["engine"] = database.engine
    with database.translated():
        command.upgrade(config, "head")
    return True
