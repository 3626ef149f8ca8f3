"""Which project within a repository a change is of."""

from pathlib import Path

import pytest

from sigma_core.projects.sub_projects import folder_of

TEST = "def test():\n    pass\n"
BACK = {"back/pyproject.toml": "[project]\nname = 'x'\n", "back/tests/test_a.py": TEST}


@pytest.mark.parametrize(
    ("files", "paths", "folder"),
    [
        (BACK, ["back/pkg/a.py"], "back"),
        (BACK, ["back/pkg/a.py", "back/b.py"], "back"),
        (BACK, ["back/pkg/a.py", "front/b.py"], ""),
        (BACK, ["a.py"], ""),
        ({"pyproject.toml": "", "tests/test_a.py": TEST}, ["pkg/a.py"], ""),
        ({"back/pyproject.toml": "[project]\n"}, ["back/pkg/a.py"], ""),
        ({"a/b/setup.py": "", "a/b/c_test.py": TEST}, ["a/b/x/y.py"], "a/b"),
        ({**BACK, "pyproject.toml": "[tool.pytest.ini_options]\n"}, ["back/pkg/a.py"], ""),
        ({**BACK, "pytest.ini": "[pytest]\n", "back/tox.ini": "[pytest]\n"}, ["back/pkg/a.py"], "back"),
    ],
)
def test_the_nearest_project_with_tests_of_its_own_is_meant(
    tmp_path: Path, files: dict[str, str], paths: list[str], folder: str
) -> None:
    for name, text in files.items():
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(text)
    assert folder_of(tmp_path, paths) == folder
