"""A configuration that asks for another version of ruff than the installed one, used all the same."""

import re
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

_REQUIRED = re.compile(r"^[ \t]*required-version[ \t]*=.*$", re.MULTILINE)
_EXTENDS = re.compile(r"^[ \t]*extend[ \t]*=", re.MULTILINE)


@contextmanager
def for_any_version(place: Path | None, root: Path) -> Iterator[tuple[str, ...]]:
    """Options for ruff, started in `root`, by which this configuration of it counts whatever version it requires.

    None where it requires none, lies deeper (its paths are meant from its own folder) or extends another.
    """
    text = place.read_text("utf-8", "replace") if place and place.is_file() and not place.is_symlink() else ""
    if place is None or place.parent != root or _EXTENDS.search(text) or not _REQUIRED.search(text):
        yield ()
        return
    with tempfile.TemporaryDirectory(prefix="sigma-ruff-") as folder:
        copy = Path(folder) / place.name
        copy.write_text(_REQUIRED.sub("", text), "utf-8")
        yield ("--config", str(copy))
