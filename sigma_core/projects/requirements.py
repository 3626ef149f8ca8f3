"""What a project says must be installed to test it, read from its tree."""

import tomllib
from pathlib import Path
from typing import Any

from sigma_core.projects.tool_groups import table, tool_groups

TEST_NAMES = ("test", "tests", "testing", "dev")
TEST_FILES = (
    "requirements*test*.txt",
    "test*requirements.txt",
    "requirements*dev*.txt",
    "dev*requirements.txt",
    "requirements/*test*.txt",
    "requirements/*dev*.txt",
)
EVERY_FILE = ("requirements*.txt", "requirements/*.txt")


def pip_arguments(tree: Path, folder: str = "") -> list[str]:
    """Words for ``pip install``, run in the tree: the project itself as a link, what its tests need, pytest.

    The project lies in `folder` of the tree. One that cannot be installed is served by its ``requirements*.txt``.
    """
    project = tree / folder
    pyproject = _pyproject(project)
    words = ["pytest"]
    installable = _is_installable(project, pyproject)
    if installable:
        extras = ",".join(
            name for name in table(table(pyproject, "project"), "optional-dependencies") if name in TEST_NAMES
        )
        place = f"./{folder}" if folder else "."
        words += ["-e", f"{place}[{extras}]" if extras else place]
    groups = table(pyproject, "dependency-groups")
    for name in TEST_NAMES:
        words += _group(groups, name, ())
    words += tool_groups(pyproject, TEST_NAMES)
    for file in _files(project, TEST_FILES if installable else (*TEST_FILES, *EVERY_FILE)):
        words += ["-r", str(file.relative_to(tree))]
    return words


def _pyproject(tree: Path) -> dict[str, Any]:
    try:
        return tomllib.loads((tree / "pyproject.toml").read_text())
    except (FileNotFoundError, UnicodeDecodeError, tomllib.TOMLDecodeError):  # pip tells the person what is wrong
        return {}


def _is_installable(tree: Path, pyproject: dict[str, Any]) -> bool:
    return (tree / "setup.py").exists() or "project" in pyproject or "build-system" in pyproject


def _group(groups: dict[str, Any], name: str, above: tuple[str, ...]) -> list[str]:
    """The requirements of a dependency group, with those of the groups it includes."""
    entries = groups.get(name)
    if name in above or not isinstance(entries, list):
        return []
    words: list[str] = []
    for entry in entries:
        if isinstance(entry, str) and not entry.startswith("-"):
            words.append(entry)
        elif isinstance(entry, dict) and isinstance(entry.get("include-group"), str):
            words += _group(groups, entry["include-group"], (*above, name))
    return words


def _files(tree: Path, patterns: tuple[str, ...]) -> list[Path]:
    return sorted({path for pattern in patterns for path in tree.glob(pattern) if path.is_file()})
