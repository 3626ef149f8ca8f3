"""The one door through which anything reaches the terminal: nothing from a repository steers it."""

import json
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import TracebackType

import typer

from sigma_core.text import HIDDEN, visible, visible_line

_CLEAR = "\r\033[K"
_WIDTH = 110


def say(text: str, *, err: bool = False) -> None:
    """Print lines for a person, on standard output or on standard error."""
    typer.echo(visible(text), err=err)


def say_json(document: object, default: Callable[[object], object] | None = None, *, err: bool = False) -> None:
    """Print one JSON document on one line; hidden characters stand in it as escapes, so its values are the same."""
    text = json.dumps(document, default=default, ensure_ascii=False, allow_nan=False)
    typer.echo(HIDDEN.sub(lambda found: json.dumps(found[0])[1:-1], text), err=err)


def write_text(text: str) -> None:
    """Write a text that programs read, byte by byte as it is; a terminal gets it spelled out."""
    sys.stdout.buffer.write((visible(text) if sys.stdout.isatty() else text).encode())
    sys.stdout.flush()


@contextmanager
def status_line(*, shown: bool) -> Iterator[Callable[[str], None]]:
    """A line on the terminal that is written again and again, and is gone at the end."""
    shown = shown and sys.stderr.isatty()

    def show(text: str) -> None:
        if shown:
            sys.stderr.write(f"{_CLEAR}  {visible_line(text)[:_WIDTH]}")
            sys.stderr.flush()

    try:
        yield show
    finally:
        if shown:
            sys.stderr.write(_CLEAR)
            sys.stderr.flush()


def guard_tracebacks() -> None:
    """What ends the process by mistake is printed through this door, too."""
    sys.excepthook = _print_traceback


def _print_traceback(kind: type[BaseException], error: BaseException, trace: TracebackType | None) -> None:
    import traceback

    say("".join(traceback.format_exception(kind, error, trace)).rstrip("\n"), err=True)
