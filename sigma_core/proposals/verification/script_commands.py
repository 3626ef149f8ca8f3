"""Which tests a project's scripts run: targets of a Makefile, shell scripts for tests, CI. Read as text, never run."""

import re
import shlex
from collections.abc import Iterable, Iterator
from pathlib import Path

from sigma_core.proposals.verification.declared_files import text_in

_TARGET = re.compile(r"^(tests?|unit|pytest|unittest)\s*:(?!=).*\n((?:\t.*\n?|\s*\n)*)", re.MULTILINE)
_CONTINUED = re.compile(r"\\\n\s*")
_VARIABLE = re.compile(r"\$(\(\w+\)|\{[^}]*\}|\w+|[@*#])|\"\$@\"")
_SCRIPTS = ("scripts/test", "scripts/tests", "script/test", "scripts/test.sh", "scripts/tests.sh", "test.sh")
_WORKFLOW = re.compile(r"(tests?|ci|python|main|check|build)([-_.].*)?\.ya?ml")
_STEP = re.compile(r"^\s*(?:-\s+)?(?:run:\s*)?(?:[|>]-?)?\s*")
_RUN = frozenset({"uv", "poetry", "pdm", "pipenv", "rye", "hatch"})
_WITH_VALUE = frozenset(
    {
        "--cache-dir",
        "--config-file",
        "--default-index",
        "--directory",
        "--env-file",
        "--extra",
        "--group",
        "--index",
        "--index-url",
        "--no-extra",
        "--no-group",
        "--only-group",
        "--package",
        "--prerelease",
        "--project",
        "--python",
        "--resolution",
        "--with",
        "--with-editable",
        "--with-requirements",
        "-p",
    }
)
"""Options of `uv run` that a value follows."""


def script_commands(folder: Path) -> Iterator[str]:
    """What a Makefile, a script or CI in this folder runs for tests; of CI only what a package manager starts."""
    for _, recipe in _TARGET.findall(text_in(folder / "Makefile")):
        yield from (line.lstrip("@-+ ") for line in _lines(recipe))
    for name in _SCRIPTS:
        yield from _lines(text_in(folder / name))
    for file in sorted((folder / ".github" / "workflows").glob("*.y*ml")):
        if _WORKFLOW.fullmatch(file.name):
            steps = (_STEP.sub("", line) for line in _lines(text_in(file)))
            yield from (step for step in steps if _is_started(step.split()))


def without_manager(text: str) -> str:
    """A command without the package manager that starts it in its environment (``uv run --frozen pytest``)."""
    try:
        words = shlex.split(text)
    except ValueError:
        return text
    return shlex.join(_started(words[2:])) if _is_started(words) else text


def _is_started(words: list[str]) -> bool:
    return len(words) > 2 and words[0] in _RUN and words[1] == "run"


def _started(words: list[str]) -> list[str]:
    rest = iter(words)
    for word in rest:
        if word in ("-m", "--module"):
            return ["python", "-m", *rest]
        if word in _WITH_VALUE:
            next(rest, None)
        elif not word.startswith("-"):
            return [word, *rest]
    return []


def _lines(text: str) -> Iterable[str]:
    joined = _CONTINUED.sub(" ", text)
    return (_VARIABLE.sub("", line).strip() for line in joined.splitlines())
