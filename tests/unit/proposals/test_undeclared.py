"""A change brings no package along that only happens to be here."""

from pathlib import Path

import pytest

from sigma_core.proposals import diff as diffs
from sigma_core.proposals.verification.patch import ChangedFile
from sigma_core.proposals.verification.static.modules import Modules
from sigma_core.proposals.verification.static.undeclared import undeclared


def said(root: Path, files: dict[str, str], line: str) -> list[str]:
    for path, text in files.items():
        (root / path).parent.mkdir(parents=True, exist_ok=True)
        (root / path).write_text(text)
    (change,) = diffs.parse(diffs.make("pkg/a.py", "x = 1\n", f"{line}\n\nx = 1\n"))
    file = ChangedFile("pkg/a.py", "pkg/a.py", "x = 1\n", f"{line}\n\nx = 1\n", tuple(change.edits()))
    return list(undeclared(root, file, Modules(root)))


def test_a_package_that_nothing_asks_for_is_told(tmp_path: Path) -> None:
    files = {
        "pyproject.toml": "[project]\ndependencies = ['typing-extensions-x']\n",
        "tests/test_a.py": "import attr\n",
    }
    assert said(tmp_path, files, "from typing_extensions import Self") == [
        "pkg/a.py:1 imports typing_extensions, which the project neither declares nor imports elsewhere."
    ]
    assert len(said(tmp_path, files, "import attr")) == 1


@pytest.mark.parametrize(
    ("files", "line"),
    [
        ({"pyproject.toml": "[project]\ndependencies = ['typing-extensions>=4']\n"}, "import typing_extensions"),
        ({"requirements.txt": "Typing_Extensions\n"}, "from typing_extensions import Self"),
        ({"pkg/b.py": "import typing_extensions as t\n"}, "from typing_extensions import Self"),
        ({"pkg/b.py": "x = 1\n"}, "from pkg.b import x"),
        ({}, "import contextlib"),
    ],
)
def test_what_is_declared_imported_own_or_standard_is_fine(tmp_path: Path, files: dict[str, str], line: str) -> None:
    assert said(tmp_path, files, line) == []
