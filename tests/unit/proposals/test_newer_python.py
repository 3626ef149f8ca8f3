"""A change needs nothing that the oldest Python of its project lacks."""

from pathlib import Path

import pytest

from sigma_core.proposals import diff as diffs
from sigma_core.proposals.verification.patch import ChangedFile
from sigma_core.proposals.verification.static.newer_python import newer_python

POETRY = '[tool.poetry.dependencies]\npython = ">=3.9"\n'
PROJECT = '[project]\nrequires-python = ">=3.9"\n'
BOX = 'class Box:\n    def __enter__(self) -> "Box":\n        return self\n'
SELF = "from typing import Self\n\n" + BOX.replace('"Box"', "Self")


def said(root: Path, before: str, after: str, path: str = "pkg/box.py") -> list[str]:
    (change,) = diffs.parse(diffs.make(path, before, after))
    file = ChangedFile(path, path, before, after, tuple(change.edits()))
    return [f"{each.file}:{each.line} {each.severity} {each.message}" for each in newer_python(root, file)]


def put(root: Path, path: str, text: str) -> None:
    (root / path).parent.mkdir(parents=True, exist_ok=True)
    (root / path).write_text(text)


@pytest.mark.parametrize(
    ("path", "declared"),
    [
        ("pyproject.toml", POETRY),
        ("pyproject.toml", PROJECT),
        ("pyproject.toml", '[project]\nclassifiers = ["Programming Language :: Python :: 3.9"]\n'),
        ("setup.cfg", "[options]\npython_requires = >=3.9\n"),
        ("setup.py", 'setup(python_requires=">=3.9")\n'),
        ("ruff.toml", 'target-version = "py39"\n'),
    ],
)
def test_a_name_newer_than_the_declared_python_is_an_error(tmp_path: Path, path: str, declared: str) -> None:
    put(tmp_path, path, declared)
    assert said(tmp_path, BOX, SELF) == [
        "pkg/box.py:1 error 'typing.Self' member is there since Python 3.11; the project supports 3.9"
    ]


@pytest.mark.parametrize(
    "after",
    [
        "from itertools import pairwise\n",
        "import tomllib\n",
        "x = list(zip([1], [2], strict=True))\n",
        "match x:\n    case 1:\n        pass\n",
        "import enum\n\n\nclass A(enum.StrEnum):\n    pass\n",
        "from datetime import UTC\n",
    ],
)
def test_newer_modules_names_arguments_and_syntax_are_errors(tmp_path: Path, after: str) -> None:
    put(tmp_path, "pyproject.toml", PROJECT)
    assert len(said(tmp_path, "x = 1\n", after)) == 1


def test_what_the_oldest_python_has_or_the_file_needed_before_is_fine(tmp_path: Path) -> None:
    put(tmp_path, "pyproject.toml", PROJECT)
    assert said(tmp_path, "x = 1\n", 'from functools import cache\n\nx = "a".removeprefix("b")\n') == []
    guarded = "try:\n    import tomllib\nexcept ImportError:\n    import tomli as tomllib\n"
    assert said(tmp_path, guarded, guarded.replace("    import tomllib\n", "    import tomllib\n\n    X = 1\n")) == []
    assert said(tmp_path, guarded, guarded + "\nimport tomllib\n") == []


def test_nothing_is_asked_of_a_project_that_declares_nothing(tmp_path: Path) -> None:
    assert said(tmp_path, BOX, SELF) == []


def test_a_project_within_the_repository_has_its_own_oldest_python(tmp_path: Path) -> None:
    put(tmp_path, "pyproject.toml", '[project]\nrequires-python = ">=3.12"\n')
    put(tmp_path, "old/pyproject.toml", PROJECT)
    assert said(tmp_path, BOX, SELF) == []
    assert len(said(tmp_path, BOX, SELF, "old/pkg/box.py")) == 1


def test_what_a_comment_leaves_out_is_left_out_and_what_was_needed_before_is_not_new(tmp_path: Path) -> None:
    put(tmp_path, "pyproject.toml", PROJECT)
    assert said(tmp_path, BOX, SELF.replace("import Self", "import Self  # novm")) == []
    assert said(tmp_path, SELF, SELF.replace("Self\n\n", "Self\nfrom typing import Self as S\n\n")) == []
    assert said(tmp_path, SELF, BOX) == []
