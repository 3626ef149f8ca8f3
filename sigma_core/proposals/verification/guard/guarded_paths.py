"""Files and sections that decide what the evidence says."""

import sys
from collections.abc import Callable, Iterator, Mapping
from fnmatch import fnmatch
from pathlib import PurePosixPath
from typing import Any

from sigma_core.proposals.verification.guard.configuration import ini_sections, toml_tables
from sigma_core.proposals.verification.patch import ChangedFile

_NAMES = {
    "conftest.py": "a conftest",
    "sitecustomize.py": "what Python runs at its start",
    "usercustomize.py": "what Python runs at its start",
    "*.pth": "what Python runs at its start",
    "test_*.py": "a test",
    "*_test.py": "a test",
    ".gitattributes": "what git does with files",
    ".gitmodules": "submodules",
    **dict.fromkeys(("pytest.ini", ".pytest.ini", "pytest.toml", ".pytest.toml"), "the test runner's configuration"),
    **dict.fromkeys(("tox.ini", "noxfile.py", "Makefile", "tox.toml"), "how the tests are started"),
    **dict.fromkeys((".coveragerc", "coveragerc"), "the coverage configuration"),
    **dict.fromkeys(
        (
            "ruff.toml",
            ".ruff.toml",
            ".flake8",
            ".pylintrc",
            "pylintrc",
            "mypy.ini",
            ".mypy.ini",
            ".bandit",
            "pyrightconfig.json",
            ".pre-commit-config.yaml",
            ".pre-commit-config.yml",
            "bandit.yaml",
            ".pycodestyle",
        ),
        "a checker's configuration",
    ),
    **dict.fromkeys(
        (".gitlab-ci.yml", "azure-pipelines.yml", "Jenkinsfile", ".travis.yml", "appveyor.yml", ".appveyor.yml"),
        "the continuous integration",
    ),
}
_FOLDERS = {
    "tests": "a test",
    "test": "a test",
    ".github": "the continuous integration",
    ".circleci": "the continuous integration",
    ".buildkite": "the continuous integration",
}
_TOOLS = (
    "pytest",
    "coverage",
    "ruff",
    "mypy",
    "pyright",
    "basedpyright",
    "pylint",
    "flake8",
    "bandit",
    "vulture",
    "tox",
    "nox",
    "hatch",
    "isort",
    "pycodestyle",
    "pydocstyle",
    "ty",
    "pdm",
    "poe",
    "testenv",
)
_STARTING = ("sitecustomize", "usercustomize")
_OTHERS_NAMES = {*sys.stdlib_module_names, "pytest", "_pytest", "pluggy", "iniconfig", "packaging", "coverage"}
"""Modules that the runner and the probe may import after the project's folder is the first to be looked in."""
_Read = Callable[[str], dict[str, Any]]
_SECTIONED: Mapping[str, _Read] = {"pyproject.toml": toml_tables, "setup.cfg": ini_sections}


def guarded_paths(file: ChangedFile) -> Iterator[str]:
    """Why a person has to look, by the places a change touches."""
    for path in dict.fromkeys((file.old_path, file.path)):
        what = _what(PurePosixPath(path))
        if what is not None:
            yield f"{path}:{file.first_line} changes {what}."
    if file.before is None and (taken := _stands_in(PurePosixPath(file.path))):
        yield f"{file.path}:{file.first_line} stands in for {taken}, a module of Python's or of the test runner's."
    read = _SECTIONED.get(PurePosixPath(file.path).name)
    if read is not None:
        yield from _sections(file, read)


def is_test(path: str) -> bool:
    """Whether a file belongs to the tests, by its place."""
    return path.endswith("conftest.py") or _what(PurePosixPath(path)) == "a test"


def _what(path: PurePosixPath) -> str | None:
    by_folder = (_FOLDERS[part] for part in path.parts[:-1] if part in _FOLDERS)
    name = f"{path.parent.name}.py" if path.name == "__init__.py" and path.parent.name in _STARTING else path.name
    by_name = (what for pattern, what in _NAMES.items() if fnmatch(name, pattern))
    return next(by_name, None) or next(by_folder, None)


def _stands_in(path: PurePosixPath) -> str | None:
    """The module of others that is imported from here instead, where this lies at a top of the project."""
    parts = path.parts[1:] if path.parts[0] == "src" else path.parts
    whole = parts[:-1] if parts and parts[-1] == "__init__.py" else parts
    name = whole[0].removesuffix(".py") if len(whole) == 1 else ""
    return name if name in _OTHERS_NAMES and path.suffix == ".py" else None


def _sections(file: ChangedFile, read: _Read) -> Iterator[str]:
    try:
        before, after = read(file.before or ""), read(file.after or "")
    except ValueError as error:
        yield f"{file.path}:{file.first_line} cannot be compared section by section ({error})."
        return
    for name in sorted(before.keys() | after.keys()):
        if before.get(name) != after.get(name) and (what := _section(name)):
            yield f"{file.path}:{_line_of(file, name)} changes {what} [{name}]."


def _section(name: str) -> str | None:
    tool = name.removeprefix("tool.").removeprefix("tool:").split(":", 1)[0].split("-", 1)[0].split(".", 1)[0]
    if tool == "sigma":
        return "SIGMA's own settings"
    return "the configuration of tests or checkers" if tool in _TOOLS else None


def _line_of(file: ChangedFile, section: str) -> int:
    lines = (file.after or file.before or "").splitlines()
    return next((number for number, line in enumerate(lines, 1) if line.startswith(f"[{section}")), file.first_line)
