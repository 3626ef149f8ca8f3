"""Which tests are near to a changed file: those that import it, and those named after it."""

from pathlib import Path

import pytest

from sigma_core.proposals.verification.nearest_tests import nearest_tests
from sigma_core.proposals.verification.static.modules import Modules

FILES = {
    "back/pkg/__init__.py": "",
    "back/pkg/_calc.py": "",
    "back/tests/test_calc.py": "import unittest\n",
    "back/tests/test_use.py": "from pkg import _calc\n",
    "back/tests/test_other.py": "from pkg import other\n",
}


@pytest.mark.parametrize(
    ("tests", "near"),
    [
        (["tests/test_calc.py::test_a", "tests/test_calc.py::T::test_b[1]"], 2),
        (["tests/test_use.py::test_a", "tests/test_other.py::test_a"], 1),
        (["tests.test_use.T.test_a", "tests.test_other.T.test_a", "tests.test_calc.T.test_a"], 2),
        (["gone.test.x", "gone.py::x"], 0),
    ],
)
def test_they_are_told_by_import_and_by_name(tmp_path: Path, tests: list[str], near: int) -> None:
    for name, text in FILES.items():
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(text)
    found = nearest_tests(tests, Modules(tmp_path), "back", ["back/pkg/_calc.py"])
    assert len(found) == near


def test_a_changed_test_is_near_to_itself_and_a_conftest_to_all_in_its_folder(tmp_path: Path) -> None:
    for name in ("tests/conftest.py", "tests/test_a.py", "tests/deep/test_b.py", "other/test_c.py"):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text("")
    tests, modules = ["tests/test_a.py::x", "tests/deep/test_b.py::x", "other/test_c.py::x"], Modules(tmp_path)
    assert nearest_tests(tests, modules, "", ["tests/test_a.py"]) == {"tests/test_a.py::x"}
    assert nearest_tests(tests, modules, "", ["tests/conftest.py"]) == set(tests[:2])
