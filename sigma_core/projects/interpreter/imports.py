"""Which imports of a project cannot work, told from its text."""

import ast
from collections.abc import Collection, Iterable, Mapping
from pathlib import Path, PurePosixPath

from sigma_core.parsing import syntax_tree
from sigma_core.projects.interpreter.model import Interpreter
from sigma_core.projects.interpreter.reached import reached_from_tests

ASIDE = {"doc", "docs", "example", "examples", "benchmark", "benchmarks", "scripts", "tools"}
ASIDE_FILES = {"setup.py", "noxfile.py", "tasks.py", "fabfile.py"}
"""Not met by a test run, and often of another environment."""
TEST_FOLDERS = {"test", "tests", "testing"}
TEST_FILES = ("test_*.py", "*_test.py", "conftest.py", "__init__.py")
CONFIGURATION = ("pyproject.toml", "pytest.ini", "tox.ini", "setup.cfg")
"""What may tell pytest where modules lie."""
SOURCES = "src"
"""The folder whose modules only an installed project finds, or one that is told of it."""
SHOWN = 8
LONGEST = 1024 * 1024
"""Characters of a file that is read for its imports: what is longer was made by a program, and takes seconds."""


def project_texts(tree: Path) -> dict[str, str]:
    """Python files of a project and what configures its tests, by their paths in it."""
    paths = (*tree.rglob("*.py"), *(tree / name for name in CONFIGURATION))
    return {
        path.relative_to(tree).as_posix(): path.read_text("utf-8", "replace")
        for path in paths
        if path.is_file() and not path.is_symlink()
    }


def missing_imports(
    interpreter: Interpreter,
    sources: Mapping[str, str],
    runner: str | None = "pytest",
    command: str = "",
    folder: str = "",
) -> tuple[str, ...]:
    """Top-level modules that the code or its test `runner` imports, and that are not there.

    `sources` are texts as of `project_texts`, `command` is what runs the tests, in `folder`. Only imports that run
    whenever the module is loaded count, and of modules that tests may load (an adapter for what nobody installed is
    none); a file that does not parse, or is longer than `LONGEST`, has none.
    """
    python = {path: text for path, text in sources.items() if path.endswith(".py")}
    own = set(_own_modules(python, on_path=_is_told_of_sources(sources, command)))
    here = {path: text for path, text in python.items() if PurePosixPath(path).is_relative_to(folder)}
    met = {path: imports for path, text in here.items() if _is_met(path) and (imports := list(_imports(text)))}
    named = {part for imports in met.values() for name in imports for part in name.split(".")}
    reached = reached_from_tests({path: text for path, text in here.items() if _is_met(path)})
    loaded = (imports for path, imports in met.items() if path in reached and _is_loaded(PurePosixPath(path), named))
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
        "`sigma project add PATH --python EXE`, or let SIGMA build one of what the project declares with `--install`."
    )


def _is_met(path: str) -> bool:
    parts = PurePosixPath(path).parts
    return not ASIDE.intersection(parts[:-1]) and parts[-1] not in ASIDE_FILES


def _own_modules(paths: Iterable[str], *, on_path: bool) -> Iterable[str]:
    """Every folder and module of the tree, for tests import neighbours by bare name; what lies right below `SOURCES`
    only where that is on the path."""
    for path in map(PurePosixPath, paths):
        names = [*path.parts[:-1], path.stem]
        yield from names if on_path or path.parts[0] != SOURCES else (names[0], *names[2:])


def _is_told_of_sources(sources: Mapping[str, str], command: str) -> bool:
    return "pythonpath" in command.casefold() or any(
        "sys.path" in text and _is_met(path) if path.endswith(".py") else "pythonpath" in text.casefold()
        for path, text in sources.items()
    )


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
        body = syntax_tree(text).body
    except SyntaxError:
        return
    for statement in body:
        if isinstance(statement, ast.Import):
            yield from (alias.name for alias in statement.names)
        elif isinstance(statement, ast.ImportFrom):
            origin = "." * bool(statement.level) + (statement.module or "")
            yield from (f"{origin}.{alias.name}" for alias in statement.names)
