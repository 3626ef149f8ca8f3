"""Tests that pass whatever the code under test raises, for real: their own way, or that of a change."""

from pathlib import Path

import pytest
from fakes.small_repository import SmallRepository

from sigma_core.projects.sandbox import Sandbox
from sigma_core.proposals.evidence import ControlRun, ControlState
from sigma_core.proposals.verification.verifier import Verifier

pytestmark = pytest.mark.sandbox

CODE = '''"""A command, as frameworks run them."""


def located(name):
    if not name:
        return "app"
    else:
        return name


def command(name):
    return {"y": "found y", "z": "found z"}[located(name)]


def run(argument):
    return command(argument)
'''
TESTS = """
import app


def test_located():
    assert app.located("") == "app"
    assert app.located("x") == "x"


def test_nothing_is_written(tmp_path):
    try:
        app.run("y")
    except Exception:
        pass
    assert not list(tmp_path.iterdir())


def test_run():
    assert app.run("z") == "found z"
"""
OLD = '        return "app"\n    else:\n        return name\n'
NEW = '        return "app"\n    kept = name\n    return kept\n'


def control(sandbox: Sandbox, folder: Path, *edits: tuple[str, str]) -> ControlRun:
    small = SmallRepository(folder, {"app.py": CODE, "test_app.py": TESTS})

    def edited(text: str) -> str:
        for old, new in edits:
            assert old in text
            text = text.replace(old, new)
        return text

    found = Verifier(projects=small, sandbox=sandbox, home=small.home).verify(
        small.project, [small.change(1, "app.py", edited)]
    )
    return found[1].control


def test_a_test_that_swallows_what_is_raised_is_not_held_against_a_change(sandbox: Sandbox, tmp_path: Path) -> None:
    found = control(sandbox, tmp_path, (OLD, NEW))
    blind = "test_app.py::test_nothing_is_written, which executes located in app.py, would pass though it raised"
    assert (found.state, found.detail) == (ControlState.PROVED, f"{blind}, before the change as well.")


def test_a_change_that_swallows_what_is_raised_is_held_as_ever(sandbox: Sandbox, tmp_path: Path) -> None:
    swallowed = (
        "    try:\n        return command(argument)\n    except Exception:\n        return 'found ' + argument\n"
    )
    found = control(sandbox, tmp_path, (OLD, NEW), ("    return command(argument)\n", swallowed))
    detail = "test_app.py::test_run passes although located in app.py, which it executes, raises."
    assert (found.state, found.detail) == (ControlState.DISPROVED, detail)
