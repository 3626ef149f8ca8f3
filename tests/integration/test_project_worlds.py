"""Projects of other layouts are tested as their people do: in a folder, by Django, by another tool's settings."""

import sys
from pathlib import Path

import pytest
from fakes.small_repository import SmallRepository

from sigma_core.projects.sandbox.select import SelectedSandbox
from sigma_core.proposals.evidence import ControlState, Evidence
from sigma_core.proposals.verification.verifier import Verifier
from sigma_core.settings import Settings

pytestmark = pytest.mark.sandbox

CALC = "def is_missing(value):\n    return value == None\n"
TESTS = """from {}.calc import is_missing


def test_missing():
    assert is_missing(None)
    assert not is_missing(3)
"""
DJANGO = {
    "manage.py": """import os
import sys

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "site1.settings")
from django.core.management import execute_from_command_line

execute_from_command_line(sys.argv)
""",
    "site1/__init__.py": "",
    "site1/settings.py": """SECRET_KEY = "x"
INSTALLED_APPS = ["app"]
USE_TZ = True
DATABASES = {"default": {"ENGINE": "django.db.backends.sqlite3", "NAME": ":memory:"}}
""",
    "app/__init__.py": "",
    "app/models.py": """from django.db import models


class Item(models.Model):
    name = models.CharField(max_length=9)
""",
    "app/calc.py": CALC,
    "app/tests.py": """from django.test import TestCase

from app.calc import is_missing
from app.models import Item


class T(TestCase):
    def test_missing(self):
        self.assertTrue(is_missing(None))
        self.assertFalse(is_missing(3))

    def test_db(self):
        self.assertEqual(Item.objects.count(), 0)
""",
}


def proved(small: SmallRepository, path: str) -> Evidence:
    change = small.replacing(1, path, "== None", "is None")
    verifier = Verifier(projects=small, sandbox=SelectedSandbox(Settings(home=small.home)), home=small.home)
    evidence = verifier.verify(small.project, [change])[1]
    assert evidence.insufficient == []
    assert evidence.control.state is ControlState.PROVED
    assert evidence.tests is not None
    assert evidence.tests.after.counts.passed == evidence.tests.baseline.counts.passed > 0
    return evidence


def test_a_project_in_a_folder_is_tested_there(tmp_path: Path) -> None:
    files = {
        "README": "two projects\n",
        "back/pyproject.toml": '[tool.pytest.ini_options]\npythonpath = ["."]\n',
        "back/pkg/calc.py": CALC,
        "back/tests/test_calc.py": TESTS.format("pkg"),
        "front/setup.py": "from setuptools import setup\n\nsetup()\n",
        "front/tests/test_other.py": "def test_other():\n    assert False\n",
    }
    evidence = proved(SmallRepository(tmp_path, files, test_command=None), "back/pkg/calc.py")
    assert evidence.command == "pytest (in back)"


@pytest.mark.parametrize("command", [None, "python manage.py test app"])
def test_django_runs_its_own_tests(tmp_path: Path, command: str | None) -> None:
    pytest.importorskip("django")
    evidence = proved(SmallRepository(tmp_path, DJANGO, test_command=command), "app/calc.py")
    assert evidence.runner == "django"
    assert evidence.tests is not None
    assert evidence.tests.after.counts.passed == 2


def test_what_tox_says_of_the_tests_is_run(tmp_path: Path) -> None:
    files = {
        "calc.py": CALC,
        "checks/check_calc.py": TESTS.replace("{}.calc", "calc"),
        "tox.ini": "[testenv]\ncommands =\n    pytest --cov=calc -o python_files=check_*.py checks {posargs}\n",
        "conftest.py": "",
    }
    evidence = proved(SmallRepository(tmp_path, files, test_command=None), "calc.py")
    assert evidence.command == "pytest -o 'python_files=check_*.py' checks"


def test_a_command_that_cannot_be_started_is_told(tmp_path: Path) -> None:
    small = SmallRepository(tmp_path, {"calc.py": CALC}, test_command="no-such-program test")
    change = small.replacing(1, "calc.py", "== None", "is None")
    verifier = Verifier(projects=small, sandbox=SelectedSandbox(Settings(home=small.home)), home=small.home)
    (why, *_) = verifier.verify(small.project, [change])[1].insufficient
    assert "could not be started" in why


def test_a_command_finds_the_programs_beside_the_interpreter(tmp_path: Path) -> None:
    small = SmallRepository(tmp_path, {"calc.py": CALC}, test_command="python -c 'import pytest' && true")
    assert Path(sys.executable).parent.joinpath("pytest").exists()
    change = small.replacing(1, "calc.py", "== None", "is None")
    verifier = Verifier(projects=small, sandbox=SelectedSandbox(Settings(home=small.home)), home=small.home)
    evidence = verifier.verify(small.project, [change])[1]
    assert evidence.tests is not None
    assert evidence.tests.baseline.state == "passed"
