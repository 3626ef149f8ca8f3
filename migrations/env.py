"""Alembic's environment: one transaction under a lock, so that two processes never migrate at once."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Literal

from alembic import context
from alembic.autogenerate.api import AutogenContext
from sqlalchemy import Connection, Engine, text
from sqlmodel.sql.sqltypes import AutoString

from sigma_core.database import Database, PortableJSON, UTCDateTime
from sigma_core.errors import Unavailable
from sigma_core.runtime.all_tables import metadata

_LOCK = 0x516A


def _engine() -> Engine:
    given = context.config.attributes.get("engine")
    if given is not None:
        return given
    return Database(os.environ.get("SIGMA_DATABASE_URL") or "sqlite:///.sigma/sigma.db").engine


def _render(kind: str, item: object, autogen: AutogenContext) -> str | Literal[False]:
    if kind != "type":
        return False
    if isinstance(item, PortableJSON | UTCDateTime):
        name = type(item).__name__
        autogen.imports.add("from sigma_core.database import PortableJSON, UTCDateTime")
        return f"{name}()"
    if isinstance(item, AutoString):
        return f"sa.String(length={item.length})" if item.length else "sa.String()"
    return False


@contextmanager
def _unguarded(connection: Connection) -> Iterator[None]:
    """A table is changed on SQLite by writing it anew: what refers to it is looked at when all is done."""
    if connection.dialect.name != "sqlite":
        yield
        return
    raw = connection.connection.driver_connection
    # Within a transaction SQLite would not hear it
    raw.execute("PRAGMA foreign_keys=OFF")
    try:
        yield
    finally:
        raw.execute("PRAGMA foreign_keys=ON")


def _refuse_dangling(connection: Connection) -> None:
    if connection.dialect.name == "sqlite" and (left := connection.execute(text("PRAGMA foreign_key_check")).first()):
        raise Unavailable(f"The migration would leave rows of {left[0]} that refer to {left[2]} where nothing is.")


with _engine().connect() as connection, _unguarded(connection), connection.begin():
    if connection.dialect.name == "postgresql":
        connection.execute(text("SELECT pg_advisory_xact_lock(:lock)"), {"lock": _LOCK})
    context.configure(
        connection=connection,
        target_metadata=metadata,
        render_item=_render,
        render_as_batch=connection.dialect.name == "sqlite",
        compare_type=True,
    )
    context.run_migrations()
    _refuse_dangling(connection)
