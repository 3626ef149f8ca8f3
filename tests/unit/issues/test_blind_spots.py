"""What an analysis does not see is said, with its count and its names."""

from pathlib import Path

import pytest

from sigma_core.issues.blind_spots import blind_spots
from sigma_core.issues.detectors import detect
from sigma_core.issues.detectors.ruff_process import ruff_version

IN_PART = "of the linter's configuration only which rules it selects and ignores is used: ruff.toml: "
POINTER = "version https://git-lfs.github.com/spec/v1\noid sha256:0\nsize 12345\n"


def spots(root: Path, files: dict[str, str | bytes]) -> list[str]:
    for path, content in files.items():
        (root / path).parent.mkdir(parents=True, exist_ok=True)
        (root / path).write_bytes(content if isinstance(content, bytes) else content.encode())
    detection = detect(root)
    assert not [found for found in detection.found if found.rule == "syntax-error"]
    return blind_spots(detection.skipped, detection.figures)


def test_files_that_are_no_utf_8_text_are_counted_and_named(tmp_path: Path) -> None:
    text = "# -*- coding: latin-1 -*-\nx = 'ä'\n".encode("latin-1")
    assert spots(tmp_path, {f"{name}.py": text for name in "abcde"}) == [
        "not looked at because it is not UTF-8 text: a.py, b.py, c.py and 2 more"
    ]


def test_notebooks_are_told(tmp_path: Path) -> None:
    assert spots(tmp_path, {"a.ipynb": "{}", "build/b.ipynb": "{}"}) == [
        "not looked at because it is a notebook, of which nothing is analysed: a.ipynb"
    ]


def test_a_pointer_to_git_lfs_is_no_syntax_error(tmp_path: Path) -> None:
    assert spots(tmp_path, {"a.py": POINTER}) == [
        "not looked at because its content is in Git LFS, not in the repository: a.py"
    ]


@pytest.mark.parametrize(
    ("content", "heading", "said"),
    [
        ('extend = "missing.toml"\n', IN_PART, "missing.toml"),
        ("select = [\n", "the linter's configuration is not used: ", "ruff.toml is no TOML"),
        ('lint.select = ["NOPE1"]\n', IN_PART, "NOPE1"),
    ],
)
def test_a_configuration_that_cannot_be_used_is_told(tmp_path: Path, content: str, heading: str, said: str) -> None:
    (spot,) = spots(tmp_path, {"ruff.toml": content, "a.py": "x = 1\n"})
    assert spot.startswith(heading)
    assert said in spot


@pytest.mark.parametrize(
    ("path", "content"),
    [
        ("uv.lock", '[[package]]\nname = "ruff"\nversion = "0.1.2"\n'),
        ("requirements-dev.txt", "pytest\nruff==0.1.2\n"),
        ("pyproject.toml", '[dependency-groups]\ndev = ["ruff==0.1.2"]\n'),
        ("pyproject.toml", '[tool.ruff]\nrequired-version = "==0.1.2"\n'),
        ("ruff.toml", "required-version = '0.1.2'\n"),
        ("ruff.toml", "required-version = '>=0.1.1,<=0.1.2'\n"),
        (
            ".pre-commit-config.yaml",
            "repos:\n  - repo: https://github.com/astral-sh/ruff-pre-commit\n    rev: v0.1.2\n",
        ),
        (
            ".pre-commit-config.yaml",
            f"repos:\n- repo: https://github.com/astral-sh/ruff-pre-commit\n  rev: {'a1' * 20}  # frozen: v0.1.2\n",
        ),
    ],
)
def test_the_ruff_that_a_project_holds_itself_to_is_told(tmp_path: Path, path: str, content: str) -> None:
    files = {path: content, "a.py": "x = 1\n"}
    assert spots(tmp_path, files) == [
        f"the project holds itself to ruff 0.1.2; what is said here is ruff {ruff_version()}'s"
    ]
    assert spots(tmp_path, {path: content.replace("0.1.2", ruff_version())}) == []


def test_a_required_version_that_the_installed_ruff_meets_holds_nobody(tmp_path: Path) -> None:
    for required in (">=0.1.2", "~=0.1", ">=0.1.2,<1.0", f"<={ruff_version()}"):
        assert spots(tmp_path, {"ruff.toml": f'required-version = "{required}"\n', "a.py": "x = 1\n"}) == []


def test_what_somebody_wants_left_out_is_no_blind_spot(tmp_path: Path) -> None:
    assert spots(tmp_path, {"vendor/a.py": "import os\n", "a_pb2.py": "import os\n", "b.py": "x = 1\n"}) == []
