"""Installed packages, read as files: what lies in a site folder is data, nothing of it is run."""

import hashlib
import json
import os
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import unquote, urlsplit

METADATA = re.compile(r"(?P<name>[^-]+)-(?P<version>[^-]+)(-py[0-9.]+)?\.(dist|egg)-info")
MODULE_FILE = re.compile(r"(?P<name>[A-Za-z_]\w*)(\.py|(\.[\w-]+)?\.(so|pyd))")
LARGEST_FILE_BYTES = 1024 * 1024
MODULE_FOLDER = re.compile(r"[A-Za-z_]\w*")


@dataclass(frozen=True)
class Installed:
    """What the site folders of one interpreter hold. `linked` are folders elsewhere that they refer to."""

    packages: dict[str, str]
    modules: frozenset[str]
    linked: tuple[Path, ...]
    editable: dict[str, Path]
    digest: str


def read_installed(site_folders: Sequence[Path]) -> Installed:
    """Read them all; the first to hold a package wins, as for the import system."""
    packages: dict[str, str] = {}
    linked: dict[Path, None] = {}
    editable: dict[str, Path] = {}
    seen = hashlib.sha256()
    for folder in site_folders:
        for entry in sorted(folder.iterdir()):
            if match := METADATA.fullmatch(entry.name):
                name = normalised(match["name"])
                packages.setdefault(name, match["version"])
                if source := _editable_source(entry):
                    editable.setdefault(name, source)
            elif entry.suffix == ".pth":
                linked |= dict.fromkeys(_linked_folders(entry))
            else:
                continue
            seen.update(f"{entry.name}\0{entry.stat().st_mtime_ns}\n".encode())
    sources = [part for source in editable.values() for part in (source, source / "src") if is_open(part)]
    folders = [*site_folders, *linked, *sources]
    return Installed(packages, frozenset(_modules(folders)), tuple(linked), editable, seen.hexdigest())


def normalised(name: str) -> str:
    """One spelling for each package name."""
    return re.sub(r"[-_.]+", "-", name).lower()


def is_open(folder: Path) -> bool:
    """Is it a folder that we may look into?"""
    return folder.is_dir() and os.access(folder, os.R_OK | os.X_OK)


def holds_python(folder: Path) -> bool:
    """Are there modules or packages right in it?"""
    return any(path.suffix == ".py" or (path / "__init__.py").exists() for path in folder.iterdir())


def _modules(folders: Iterable[Path]) -> Iterable[str]:
    for folder in folders:
        for entry in folder.iterdir():
            if match := MODULE_FILE.fullmatch(entry.name):
                yield match["name"]
            elif MODULE_FOLDER.fullmatch(entry.name) and entry.is_dir():
                yield entry.name


def _linked_folders(file: Path) -> Iterable[Path]:
    for line in _text(file).splitlines():
        # lines that start with import are code, which only the interpreter inside the sandbox runs
        if line.strip() and not line.startswith(("#", "import ", "import\t")):
            path = file.parent / line.strip()
            if is_open(path):
                yield path


def _editable_source(metadata: Path) -> Path | None:
    try:
        said = json.loads(_text(metadata / "direct_url.json"))
        if said["dir_info"]["editable"]:
            return Path(unquote(urlsplit(said["url"]).path))
    except (ValueError, KeyError, TypeError):  # not there, or not as it should be: an ordinary package
        return None
    return None


def _text(file: Path) -> str:
    """Empty for what is no ordinary file of ordinary size: an environment may have come with the project."""
    if not file.is_file() or file.stat().st_size > LARGEST_FILE_BYTES:
        return ""
    return file.read_text(errors="replace")
