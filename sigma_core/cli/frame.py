"""What all commands share: the home, JSON or text, errors as sentences and exit codes."""

import getpass
import json
import os
import sys
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import typer

from sigma_core.errors import Invalid, SigmaError
from sigma_core.home import find_home

if TYPE_CHECKING:
    from sigma_core.runtime.build import System


@dataclass
class _Call:
    """The options that count before and after every command."""

    home: Path
    json: bool


_call = _Call(Path(), json=False)


def home() -> Path:
    """The home of this call."""
    return _call.home


def wants_json() -> bool:
    """Whether a program is listening."""
    return _call.json


def system() -> "System":
    """The whole of SIGMA on this call's home, its database migrated."""
    from sigma_core.runtime.build import build
    from sigma_core.settings import load_settings

    return build(load_settings(_call.home), process="command")


def actor() -> str:
    """Who gives the command: the operating system's user."""
    try:
        return getpass.getuser()
    except (KeyError, OSError):
        return f"uid {os.getuid()}"


def emit(document: Mapping[str, Any], lines: Iterable[str] = ()) -> None:
    """Print the answer: the document for a program, the lines for a person."""
    if _call.json:
        typer.echo(json.dumps(document, default=_plain, ensure_ascii=False, allow_nan=False))
    else:
        for line in lines:
            typer.echo(line)


def _plain(value: object) -> object:
    if isinstance(value, datetime):
        return value.isoformat()
    if hasattr(value, "model_dump"):
        return value.model_dump(mode="json")
    return str(value)


def table(header: Sequence[str], rows: Iterable[Sequence[object]]) -> Iterator[str]:
    """Rows as aligned columns; an empty table prints nothing but its header."""
    cells = [[str("–" if cell is None else cell) for cell in row] for row in (header, *rows)]
    widths = [max(len(row[column]) for row in cells) for column in range(len(header))]
    for row in cells:
        yield "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip()


@contextmanager
def progress() -> Iterator[Callable[[str], None]]:
    """A line on the terminal that says what is being done; silent where nobody looks."""
    shown = sys.stderr.isatty() and not _call.json

    def show(text: str) -> None:
        if shown:
            sys.stderr.write(f"\r\033[K  {text[:110]}")
            sys.stderr.flush()

    try:
        yield show
    finally:
        if shown:
            sys.stderr.write("\r\033[K")
            sys.stderr.flush()


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command line; the exit code."""
    from sigma_core.cli.commands import app

    words = list(sys.argv[1:] if arguments is None else arguments)
    try:
        rest = _take_common(words)
        code = typer.main.get_command(app)(args=rest, prog_name="sigma", standalone_mode=False)
    except SigmaError as error:
        return _complain(str(error), error.exit_code, error.fields if isinstance(error, Invalid) else None)
    except typer.Exit as ended:
        return ended.exit_code
    except (typer.Abort, KeyboardInterrupt):
        return _complain("Interrupted.", 130)
    except typer.TyperException as error:
        return _complain(_sentence(error), 2)
    except BrokenPipeError:
        # Whoever reads us has gone: nothing left to say
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 1
    return code if isinstance(code, int) else 0


def _take_common(words: list[str]) -> list[str]:
    """Take ``--json`` and ``--home`` out, wherever they stand before a ``--``; the words that remain."""
    rest: list[str] = []
    given: str | None = None
    _call.json = False
    while words:
        word = words.pop(0)
        if word == "--json":
            _call.json = True
        elif word == "--home":
            if not words:
                raise Invalid({"home": "needs a folder"})
            given = words.pop(0)
        elif word.startswith("--home="):
            given = word.partition("=")[2]
        else:
            rest.append(word)
            if word == "--":
                rest += words
                break
    _call.home = find_home(given)
    return rest


def _sentence(error: typer.TyperException) -> str:
    describe = getattr(error, "format_message", None)
    return str(describe() if describe else error) or "No command given; try `sigma --help`."


def _complain(sentence: str, code: int, fields: Mapping[str, str] | None = None) -> int:
    if _call.json:
        document: dict[str, object] = {"error": sentence}
        if fields:
            document["fields"] = dict(fields)
        typer.echo(json.dumps(document, ensure_ascii=False), err=True)
    else:
        typer.echo(f"sigma: {sentence}", err=True)
    return code
