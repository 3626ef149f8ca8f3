"""Which imports of a project cannot work, told from its text."""

import ast
import warnings
from collections.abc import Collection, Iterable, Mapping
from pathlib import PurePosixPath

from sigma_core.projects.interpreter.model import Interpreter

ASIDE = {"doc", "docs", "example", "examples", "benchmark", "benchmarks", "scripts", "tools"}
ASIDE_FILES = {"setup.py", "noxfile.py", "tasks.py", "fabfile.py"}
"""Not met by a test run, and often of another environment."""
TEST_FOLDERS = {"test", "tests", "testing"}
TEST_FILES = ("test_*.py", "*_test.py", "conftest.py", "__init__.py")
SHOWN = 8
LONGEST = 1024 * 1024
"""Characters of a file that is read for its imports: what is longer was made by a program, and takes seconds."""


def missing_imports(
    interpreter: Interpreter, sources: Mapping[str, str], runner: str | None = "pytest"
) -> tuple[str, ...]:
    """Top-level modules that the code or its test `runner` imports, and that are not there.

    `sources` maps paths in the tree to the text of Python files. Only imports that run whenever the module is loaded
    count; a file that does not parse, or is longer than `LONGEST`, has none.
    """
    own = set(_own_modules(sources))
    met = {path: imports for path, text in sources.items() if _is_met(path) and (imports := list(_imports(text)))}
    named = {part for imports in met.values() for name in imports for part in name.split(".")}
    loaded = (imports for path, imports in met.items() if _is_loaded(PurePosixPath(path), named))
    wanted = {top for imports in loaded for name in imports if (top := name.partition(".")[0])}
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


def _is_loaded(path: PurePosixPath, named: Collection[str]) -> bool:
    """In a folder of tests lies also what no test imports: input of type checkers, for instance."""
    if TEST_FOLDERS.isdisjoint(path.parts[:-1]):
        return True
    return any(path.match(pattern) for pattern in TEST_FILES) or path.stem in named


def _imports(text: str) -> Iterable[str]:
    """Dotted names, those of the package itself with a dot first."""
    if len(text) > LONGEST:
        return
    try:
        with warnings.catch_warnings(action="ignore"):
            body = ast.parse(text).body
    except (SyntaxError, ValueError, RecursionError):
        return
    for statement in body:
        if isinstance(statement, ast.Import):
            yield from (alias.name for alias in statement.names)
        elif isinstance(statement, ast.ImportFrom):
            origin = "." * bool(statement.level) + (statement.module or "")
            yield from (f"{origin}.{alias.name}" for alias in statement.names)
