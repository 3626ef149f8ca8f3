"""`sigma backup`, `sigma restore`, `sigma store copy`: the whole store, kept and moved."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from sigma_core.cli.frame import emit, home, progress, system
from sigma_core.errors import Conflict
from sigma_core.formatting import count

if TYPE_CHECKING:
    from sigma_core.store.archive import BackupManifest

app = typer.Typer(no_args_is_help=True, help="The database as a whole.")


@app.command("copy")
def copy(
    url: Annotated[str, typer.Argument(help="postgresql://user:password@host/name, or sqlite:////folder/sigma.db.")],
) -> None:
    """Copy all rows to an empty database: from SQLite to PostgreSQL, or back. Then set SIGMA_DATABASE_URL."""
    from sigma_core.addresses import database_url
    from sigma_core.database import Database
    from sigma_core.store.copying import copy as copied

    sigma = system()
    target = Database(database_url(url))
    try:
        if sigma.runtime.status.system().scheduler_alive:
            raise Conflict("A scheduler is at work: what it writes from now on would be left behind. Stop it first.")
        with progress() as show:
            done = copied(sigma.database, target, show)
    finally:
        target.dispose()
    rows = sum(each.rows for each in done.values())
    document = {"rows": rows, "tables": {name: each.model_dump() for name, each in done.items()}}
    emit(document, [f"{count(rows)} rows of {len(done)} tables copied; each table's checksum is the same there."])


def backup(file: Annotated[Path, typer.Argument(help="The file to be made.")]) -> None:
    """Everything in one file, while SIGMA is at work too."""
    from sigma_core.store.archive import backup as kept

    sigma = system()
    with progress() as show:
        manifest = kept(sigma.settings, sigma.database, sigma.clock, file, show)
    _tell(manifest, f"{file} holds")


def restore(file: Annotated[Path, typer.Argument(help="As `sigma backup` made it.")]) -> None:
    """Make a home of a backup: in --home, which must be empty. The graph is written anew by the next cycle."""
    from sigma_core.settings import load_settings
    from sigma_core.store.archive import restore as made

    settings = load_settings(home())
    with progress() as show:
        manifest = made(settings, file, show)
    _tell(manifest, f"{settings.home} has")


def _tell(manifest: "BackupManifest", subject: str) -> None:
    document = {**manifest.model_dump(mode="json"), "rows": manifest.rows}
    emit(document, [f"{subject} {count(manifest.rows)} rows of {manifest.created_at:%Y-%m-%d %H:%M} UTC."])
