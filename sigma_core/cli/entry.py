"""One call of the `sigma` command: its common options, errors as sentences and exit codes."""

import errno
import io
import os
import re
import sys
import threading
from collections.abc import Callable, Mapping, Sequence
from functools import cache

import typer

from sigma_core.cli import frame
from sigma_core.cli.terminal import guard_tracebacks, say, say_json
from sigma_core.cli.usage_errors import sentence, wrong_field
from sigma_core.errors import Invalid, SigmaError
from sigma_core.process_signals import interruptible

INTERRUPTED = 130


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command line; the exit code."""
    interrupted = threading.Event()
    code: int | None
    try:
        # SIGTERM ends a command as Ctrl-C does: what it made for the time being goes with it
        with interruptible(interrupted.set):
            code = _run(list(sys.argv[1:] if arguments is None else arguments))
        sys.stdout.flush()
    except KeyboardInterrupt:
        code = INTERRUPTED
    except Exception as error:
        # A library that is interrupted may say so by an error of its own
        code = INTERRUPTED if interrupted.is_set() else _exit_code(error)
        if code is None:
            raise
    # Within a command Typer turns Ctrl-C into this code
    return _complain("Interrupted.", code) if code == INTERRUPTED else code


def _exit_code(error: Exception) -> int | None:
    """Tell the person what went wrong; None for an error that nobody foresaw."""
    match error:
        case SigmaError():
            return _complain(str(error), error.exit_code, error.fields if isinstance(error, Invalid) else None)
        case typer.Abort():
            return INTERRUPTED
        case typer.TyperException():
            return _complain(sentence(error, for_program=frame.wants_json()), 2, wrong_field(error))
        case BrokenPipeError():
            # Whoever reads us has gone: nothing left to say
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
            return 1
        case UnicodeEncodeError():
            said = repr(error.object[error.start : error.end])
            return _complain(f"{said} is not UTF-8 text, so it cannot be stored.", 2)
        case _:
            return None


@cache
def tree() -> Callable[..., object]:
    """All commands, built once in a process: every parameter is looked at for that."""
    from sigma_core.cli.commands import app

    return typer.main.get_command(app)


def _run(words: list[str]) -> int:
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(encoding="utf-8", errors="backslashreplace")
    guard_tracebacks()
    rest = _take_common(words)
    try:
        code = tree()(args=rest, prog_name="sigma", standalone_mode=False)
    except typer.Exit as ended:
        return ended.exit_code
    except OSError as error:
        if error.errno != errno.ENAMETOOLONG:
            raise
        raise Invalid({"path": f"{str(error.filename)[:80]}… is longer than a path can be"}) from None
    finally:
        frame.end()
    return code if isinstance(code, int) else 0


def _take_common(words: list[str]) -> list[str]:
    """Take ``--json`` and ``--home`` out, wherever they stand before a ``--``; the words that remain."""
    frame.begin(json="--json" in words[: words.index("--") if "--" in words else None])
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
    frame.take_home(given)
    return [*rest, "--", *negative] if negative else rest


def _folder(text: str) -> str:
    if not text or text.startswith("--"):
        raise Invalid({"home": "needs a folder"})
    return text


def _complain(said: str, code: int, fields: Mapping[str, str] | None = None) -> int:
    if frame.wants_json():
        document: dict[str, object] = {"error": said}
        if fields:
            document["fields"] = dict(fields)
        say_json(document, err=True)
    else:
        say(said if said.startswith("Usage: ") else f"sigma: {said}", err=True)
    return code
