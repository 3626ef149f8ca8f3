"""Which imports of a project cannot work, told from its text."""

import ast
import warnings
from collections.abc import Iterable, Mapping
from pathlib import PurePosixPath

from sigma_core.projects.interpreter.model import Interpreter

ASIDE = {"doc", "docs", "example", "examples", "benchmark", "benchmarks", "scripts", "tools"}
ASIDE_FILES = {"setup.py", "noxfile.py", "tasks.py", "fabfile.py"}
"""Not met by a test run, and often of another environment."""
SHOWN = 8


def missing_imports(
    interpreter: Interpreter, sources: Mapping[str, str], runner: str | None = "pytest"
) -> tuple[str, ...]:
    """Top-level modules that the code or its test `runner` imports, and that are not there.

    `sources` maps paths in the tree to the text of Python files. Only imports that run whenever the module is loaded
    count; a file that does not parse has none.
    """
    own = set(_own_modules(sources))
    wanted = {name for path, text in sources.items() if _is_met(path) for name in _imported(text)}
    if runner:
        wanted.add(runner)
    return tuple(sorted(wanted - own - interpreter.importable - {"__future__"}))


def advice(interpreter: Interpreter, missing: tuple[str, ...]) -> str:
    """One line for a person: what fails, with which interpreter, and how to give another. Empty if nothing fails."""
    if not missing:
        return ""
    names = ", ".join(missing[:SHOWN]) + (f" and {len(missing) - SHOWN} more" if len(missing) > SHOWN else "")
    return (
        f"{interpreter.executable} ({interpreter.origin}) cannot import {names}: give an interpreter that can with "
        "`sigma project add PATH --python EXE`, or let SIGMA build one with `--install`."
    )


def _is_met(path: str) -> bool:
    parts = PurePosixPath(path).parts
    return not ASIDE.intersection(parts[:-1]) and parts[-1] not in ASIDE_FILES


def _own_modules(sources: Mapping[str, str]) -> Iterable[str]:
    """Every folder and module of the tree: tests import neighbours by bare name, packages lie below ``src``."""
    for path in map(PurePosixPath, sources):
        yield path.stem
        yield from path.parts[:-1]


def _imported(text: str) -> Iterable[str]:
    try:
        with warnings.catch_warnings(action="ignore"):
            body = ast.parse(text).body
    except (SyntaxError, ValueError, RecursionError):
        return
    for statement in body:
        if isinstance(statement, ast.Import):
            yield from (alias.name.partition(".")[0] for alias in statement.names)
        elif isinstance(statement, ast.ImportFrom) and statement.module and not statement.level:
            yield statement.module.partition(".")[0]
