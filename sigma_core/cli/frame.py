"""What all commands share: the home, the system on it, JSON or text."""

import gc
import shutil
import sys
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from sigma_core.actor import system_user
from sigma_core.cli.terminal import say, say_json, status_line
from sigma_core.errors import Unavailable
from sigma_core.home import find_home
from sigma_core.text import visible, visible_line

if TYPE_CHECKING:
    from sigma_core.runtime.system import System


@dataclass
class _Call:
    """The options that count before and after every command."""

    home: Path
    json: bool
    system: "System | None" = None
    given_home: Path | None = None


_call = _Call(Path(), json=False)


def home() -> Path:
    """The home of this call."""
    return _call.home


def given_home() -> Path | None:
    """The home that was named in this call; None where it is the usual one."""
    return _call.given_home


def settle_home(folder: Path) -> None:
    """Have this call go on in another home."""
    _call.home = folder


def wants_json() -> bool:
    """Whether a program is listening."""
    return _call.json


def system() -> "System":
    """The whole of SIGMA on this call's home, its database migrated."""
    with _loading():
        from sigma_core.runtime.build import build
        from sigma_core.runtime.temp_folders import own_folder
        from sigma_core.settings import load_settings

    _hear_warnings()
    own_folder()
    settings = load_settings(_call.home)
    try:
        _call.system = build(settings, process="command")
    except OSError as error:
        raise Unavailable(f"The home {_call.home} cannot be used: {error.strerror}.") from None
    return _call.system


@contextmanager
def _loading() -> Iterator[None]:
    """Modules stay for good: looking for garbage among them while they load finds none, and takes 0.2 s."""
    gc.disable()
    try:
        yield
    finally:
        gc.freeze()
        gc.enable()


def _hear_warnings() -> None:
    """What is logged is told in one line; to a program nothing, its answer says it."""
    import logging

    class OneLine(logging.Formatter):
        def format(self, record: logging.LogRecord) -> str:
            return visible(super().format(record))

        def formatException(self, ei: object) -> str:  # noqa: N802, ARG002 (the run keeps its traceback)
            return ""

    handler = logging.NullHandler() if _call.json else logging.StreamHandler()
    handler.setFormatter(OneLine("sigma: %(message)s"))
    logging.basicConfig(level=logging.WARNING, handlers=[handler])


def actor() -> str:
    """Who gives the command."""
    return system_user()


def emit(document: Mapping[str, Any], lines: Iterable[str] = ()) -> None:
    """Print the answer: the document for a program, the lines for a person."""
    if _call.json:
        say_json(document, _plain)
    else:
        for line in lines:
            say(line)


def moment(at: datetime | None) -> str:
    """A time as a table shows it."""
    return f"{at:%Y-%m-%d %H:%M:%S} UTC" if at else "–"


def _plain(value: object) -> object:
    if isinstance(value, datetime):
        return value.isoformat()
    if hasattr(value, "model_dump"):
        return value.model_dump(mode="json")
    return str(value)


def table(header: Sequence[str], rows: Iterable[Sequence[object]]) -> Iterator[str]:
    """Rows as aligned columns, one line each; on a terminal the last column is cut to its width."""
    cells = [[_cell(cell) for cell in row] for row in (header, *rows)]
    widths = [max(len(row[column]) for row in cells) for column in range(len(header))]
    at_most = shutil.get_terminal_size().columns if sys.stdout.isatty() else None
    for row in cells:
        line = "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip()
        yield line if at_most is None or len(line) <= at_most else f"{line[: at_most - 1]}…"


def _cell(value: object) -> str:
    """The first line of what is to be shown, spelled out: a traceback is for the log and for `--json`."""
    return visible_line(str(value).partition("\n")[0]) if value is not None else "–"


@contextmanager
def progress() -> Iterator[Callable[[str], None]]:
    """A line on the terminal that says what is being done; silent where nobody looks."""
    with status_line(shown=not _call.json) as show:
        yield show


def begin(*, json: bool) -> None:
    """Begin a call whose answer a program reads, or a person."""
    _call.json = json


def take_home(given: str | None) -> None:
    """Work in the home that is named, or else in the usual one."""
    _call.home = find_home(given)
    _call.given_home = _call.home if given else None


def end() -> None:
    """Close what the command has opened."""
    if _call.system is not None:
        _call.system.close()
        _call.system = None
