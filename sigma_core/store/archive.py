"""A home in one file, and a home made of it.

The file is a tar archive, compressed: `manifest.json` (version, schema, each table's sum), `sigma.db` (all rows of one
moment, whatever database they come from) and the folders that cannot be made anew: clones, the sample, prompts as they
were last seen, usage that is not stored yet. The graph, baselines and logs are not in it: the first two are made again.
"""

import hashlib
import io
import os
import tarfile
import tempfile
from collections.abc import Callable
from datetime import datetime
from pathlib import Path

from pydantic import BaseModel, ValidationError

from sigma_core import __version__, schema
from sigma_core.clock import Clock
from sigma_core.database import Database
from sigma_core.errors import Conflict, Invalid, Unavailable
from sigma_core.home import tighten
from sigma_core.settings import Settings
from sigma_core.store.checksums import TableSum, sums
from sigma_core.store.copying import copy, snapshot

Tell = Callable[[str], None]
FOLDERS = ("clones", "sample", "prompts", "spool")
DATABASE, MANIFEST = "sigma.db", "manifest.json"
LONGEST_MANIFEST = 1024 * 1024


class BackupManifest(BaseModel):
    """What an archive holds."""

    sigma: str
    schema_revision: str
    created_at: datetime
    database_sha256: str
    tables: dict[str, TableSum]

    @property
    def rows(self) -> int:
        """How many rows all tables have."""
        return sum(each.rows for each in self.tables.values())


def backup(
    settings: Settings, database: Database, clock: Clock, file: Path, tell: Tell = lambda _: None
) -> BackupManifest:
    """Put a home into a file, while it is in use too. The file is there whole, or not at all.

    Raises `Conflict` where there is a file already, `Unavailable` where it cannot be written.
    """
    if file.exists():
        raise Conflict(f"{file} is there already; choose another name.")
    try:
        with tempfile.TemporaryDirectory(prefix=".sigma-backup-", dir=file.absolute().parent) as place:
            folder = Path(place)
            rows = folder / DATABASE
            _take_rows(database, rows, tell)
            manifest = _manifest(rows, clock, tell)
            whole = folder / "archive"
            with tarfile.open(whole, "w:gz", compresslevel=1) as archive:
                _add_text(archive, MANIFEST, manifest.model_dump_json(indent=1), clock())
                tell("packing the database")
                archive.add(rows, DATABASE)
                for name in FOLDERS:
                    if (settings.home / name).is_dir():
                        tell(f"packing {name}")
                        archive.add(settings.home / name, name, filter=_plain_files)
            whole.chmod(0o600)
            with whole.open("rb") as written:
                os.fsync(written.fileno())
            whole.rename(file)
    except OSError as error:
        raise Unavailable(f"{file} cannot be written: {error.strerror or error}.") from None
    return manifest


def restore(settings: Settings, file: Path, tell: Tell = lambda _: None) -> BackupManifest:
    """Make a home of such a file. Nothing is there until all of it was found whole.

    Raises `Conflict` where the home, or the database it is set to, holds something already, `Invalid` where the file is
    none of ours or is damaged.
    """
    home = settings.home
    if (home / DATABASE).exists() or any((home / name).exists() for name in FOLDERS):
        raise Conflict(f"{home} is in use, or an earlier restore was interrupted there; give an empty --home.")
    home.mkdir(parents=True, exist_ok=True, mode=0o700)
    with tempfile.TemporaryDirectory(prefix=".restoring-", dir=home) as place:
        folder = Path(place)
        tell("unpacking")
        manifest = _unpacked(file, folder)
        tell("checking what was unpacked")
        _check(manifest, folder / DATABASE)
        for name in FOLDERS:
            if (folder / name).is_dir():
                (folder / name).rename(home / name)
        # Last: a home without rows is no home yet
        if settings.database_url:
            _move_rows(folder / DATABASE, settings, tell)
        else:
            (folder / DATABASE).rename(home / DATABASE)
    tighten(home)
    return manifest


def _take_rows(database: Database, file: Path, tell: Tell) -> None:
    tell("taking the rows of this moment")
    if database.is_sqlite:
        with database.translated():
            _by_driver(database, "VACUUM INTO ?", str(file))
        return
    taken = Database(f"sqlite:///{file}")
    try:
        copy(database, taken, tell)
    finally:
        taken.dispose()


def _by_driver(database: Database, statement: str, *values: str) -> None:
    """What SQLite does outside of any transaction."""
    raw = database.engine.raw_connection()
    try:
        raw.cursor().execute(statement, values)
    finally:
        raw.close()


def _manifest(rows: Path, clock: Clock, tell: Tell) -> BackupManifest:
    tell("adding up the rows")
    opened = Database(f"sqlite:///{rows}")
    try:
        with snapshot(opened) as read:
            tables = sums(read)
        revision = schema.current(opened) or ""
        _by_driver(opened, "PRAGMA journal_mode=DELETE")
    finally:
        opened.dispose()
    return BackupManifest(
        sigma=__version__,
        schema_revision=revision,
        created_at=clock(),
        database_sha256=_sha256(rows),
        tables=tables,
    )


def _unpacked(file: Path, folder: Path) -> BackupManifest:
    known = {MANIFEST, DATABASE, *FOLDERS}
    try:
        with tarfile.open(file, "r:gz") as archive:
            for member in archive:
                if member.name.split("/")[0] not in known or not (member.isfile() or member.isdir()):
                    raise Invalid({"file": f"{file} holds {member.name[:80]!r}, which is no part of a backup"})
                archive.extract(member, folder, filter="data")
        text = (folder / MANIFEST).read_bytes()[:LONGEST_MANIFEST]
        return BackupManifest.model_validate_json(text)
    except FileNotFoundError:
        raise Invalid({"file": f"{file} is not there, or lacks its {MANIFEST}"}) from None
    except (tarfile.TarError, EOFError, OSError, ValidationError) as error:
        raise Invalid({"file": f"{file} is no backup of SIGMA, or is damaged ({type(error).__name__})"}) from None


def _check(manifest: BackupManifest, rows: Path) -> None:
    if not rows.exists() or _sha256(rows) != manifest.database_sha256:
        raise Invalid({"file": "its database is not the one that was put into it"})


def _move_rows(rows: Path, settings: Settings, tell: Tell) -> None:
    source, target = Database(f"sqlite:///{rows}"), Database(settings.database_location)
    try:
        # A backup of an earlier version is first brought to this one's schema
        schema.migrate(source)
        copy(source, target, tell)
    finally:
        source.dispose()
        target.dispose()


def _plain_files(member: tarfile.TarInfo) -> tarfile.TarInfo | None:
    """Neither links nor locks nor whose they are."""
    if not (member.isfile() or member.isdir()) or member.name.endswith(".lock"):
        return None
    member.uid = member.gid = 0
    member.uname = member.gname = ""
    return member


def _add_text(archive: tarfile.TarFile, name: str, text: str, at: datetime) -> None:
    data = text.encode()
    member = tarfile.TarInfo(name)
    member.size, member.mtime, member.mode = len(data), int(at.timestamp()), 0o600
    archive.addfile(member, io.BytesIO(data))


def _sha256(file: Path) -> str:
    with file.open("rb") as opened:
        return hashlib.file_digest(opened, "sha256").hexdigest()
