"""What all commands share: the home, JSON or text, errors as sentences and exit codes."""

import errno
import gc
import io
import os
import re
import shutil
import signal
import sys
import threading
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import typer

from sigma_core.actor import system_user
from sigma_core.cli.terminal import guard_tracebacks, say, say_json, status_line
from sigma_core.cli.usage_errors import sentence, wrong_field
from sigma_core.errors import Invalid, SigmaError, Unavailable
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


INTERRUPTED = 130

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


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command line; the exit code."""
    try:
        with _terminated_as_interrupted():
            code = _run(list(sys.argv[1:] if arguments is None else arguments))
        sys.stdout.flush()
    except SigmaError as error:
        return _complain(str(error), error.exit_code, error.fields if isinstance(error, Invalid) else None)
    except (typer.Abort, KeyboardInterrupt):
        return _complain("Interrupted.", INTERRUPTED)
    except typer.TyperException as error:
        return _complain(sentence(error, for_program=_call.json), 2, wrong_field(error))
    except BrokenPipeError:
        # Whoever reads us has gone: nothing left to say
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 1
    except UnicodeEncodeError as error:
        return _complain(f"{error.object[error.start : error.end]!r} is not UTF-8 text, so it cannot be stored.", 2)
    # Within a command Typer turns Ctrl-C into this code
    return _complain("Interrupted.", code) if code == INTERRUPTED else code


@contextmanager
def _terminated_as_interrupted() -> Iterator[None]:
    """SIGTERM ends a command as Ctrl-C does: what it started and what it made for the time being goes with it."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    before = signal.signal(signal.SIGTERM, signal.default_int_handler)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before)


def _run(words: list[str]) -> int:
    from sigma_core.cli.commands import app

    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(encoding="utf-8", errors="backslashreplace")
    guard_tracebacks()
    rest = _take_common(words)
    try:
        code = typer.main.get_command(app)(args=rest, prog_name="sigma", standalone_mode=False)
    except typer.Exit as ended:
        return ended.exit_code
    except OSError as error:
        if error.errno != errno.ENAMETOOLONG:
            raise
        raise Invalid({"path": f"{str(error.filename)[:80]}… is longer than a path can be"}) from None
    finally:
        if _call.system is not None:
            _call.system.close()
            _call.system = None
    return code if isinstance(code, int) else 0


def _take_common(words: list[str]) -> list[str]:
    """Take ``--json`` and ``--home`` out, wherever they stand before a ``--``; the words that remain."""
    _call.json = "--json" in words[: words.index("--") if "--" in words else None]
    rest: list[str] = []
    negative: list[str] = []
    given: str | None = None
    while words:
        word = words.pop(0)
        if word == "--":
            negative += words
            break
        if word == "--home":
            given = _folder(words.pop(0) if words else "")
        elif word.startswith("--home="):
            given = _folder(word.partition("=")[2])
        elif re.fullmatch(r"-\d+", word) and not (rest and rest[-1].startswith("--")):
            # A negative number is an id that does not exist, not an option
            negative.append(word)
        elif word != "--json":
            rest.append(word)
    _call.home = find_home(given)
    _call.given_home = _call.home if given else None
    return [*rest, "--", *negative] if negative else rest


def _folder(text: str) -> str:
    if not text or text.startswith("--"):
        raise Invalid({"home": "needs a folder"})
    return text


def _complain(said: str, code: int, fields: Mapping[str, str] | None = None) -> int:
    if _call.json:
        document: dict[str, object] = {"error": said}
        if fields:
            document["fields"] = dict(fields)
        say_json(document, err=True)
    else:
        say(said if said.startswith("Usage: ") else f"sigma: {said}", err=True)
    return code
