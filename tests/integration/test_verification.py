"""Verification of single changes, on real repositories in the real sandbox."""

from collections.abc import Callable
from pathlib import Path

import pytest
from fakes.small_repository import OwnInterpreter, SmallRepository

from sigma_core.projects.sandbox import Grade, Sandbox
from sigma_core.projects.sandbox.select import select_sandbox
from sigma_core.proposals.evidence import ControlState, Evidence, RunState
from sigma_core.proposals.verification import Change, Verifier
from sigma_core.settings import Settings

pytestmark = pytest.mark.sandbox

CALC = '''"""Sums."""

import os


def add(a, b):
    total = a + b
    return total


def untested(a):
    return a * 2


def positive(a):
    if a > 0:
        return True
    return False
'''
TESTS = """
import calc


def test_add():
    assert calc.add(1, 2) == 3


def test_add_again():
    assert calc.add(2, 2) == 4


def test_positive():
    assert calc.positive(1)
    assert not calc.positive(-1)
"""
FILES = {"calc.py": CALC, "tests/test_calc.py": TESTS}


@pytest.fixture(scope="session")
def sandbox(tmp_path_factory: pytest.TempPathFactory) -> Sandbox:
    found = select_sandbox(Settings(home=tmp_path_factory.mktemp("home")))
    if found.grade is not Grade.FULL:
        pytest.skip("no full sandbox here")
    return found


Verify = Callable[..., Evidence]


@pytest.fixture
def repository(tmp_path: Path) -> Callable[..., SmallRepository]:
    return lambda files=FILES, **settings: SmallRepository(tmp_path, files, **settings)


@pytest.fixture
def verify(sandbox: Sandbox) -> Verify:
    def one(repository: SmallRepository, change: Change, **options: object) -> Evidence:
        return verifier(sandbox, repository, **options).verify(repository.project, [change])[change.proposal_id]

    return one


def verifier(sandbox: Sandbox, repository: SmallRepository, **options: object) -> Verifier:
    chosen = {"find_interpreter": lambda _project, _care: OwnInterpreter(), **options}
    return Verifier(projects=repository, sandbox=sandbox, home=repository.home, **chosen)


def test_a_right_change_of_tested_code_has_sufficient_evidence(
    repository: Callable[..., SmallRepository], verify: Verify
) -> None:
    small = repository()
    evidence = verify(small, small.replacing(7, "calc.py", "    total = a + b\n    return total", "    return a + b"))
    assert evidence.insufficient == []
    assert evidence.applies
    assert evidence.runner == "pytest"
    assert evidence.grade is Grade.FULL
    assert evidence.tests is not None
    assert evidence.tests.baseline.state is RunState.PASSED
    assert evidence.tests.after.counts.passed == 3
    assert evidence.coverage.added_executed == evidence.coverage.added == 1
    assert evidence.coverage.removed_executed == evidence.coverage.removed == 2
    assert evidence.coverage.covering_tests == 2
    assert evidence.control.state is ControlState.PROVED
    assert evidence.verified_with == []
    assert not evidence.tampering
    assert not evidence.suppressions


def test_a_breaking_change_is_told_by_the_test_that_fails(
    repository: Callable[..., SmallRepository], verify: Verify
) -> None:
    small = repository()
    evidence = verify(small, small.replacing(1, "calc.py", "a + b", "a - b"))
    assert evidence.tests is not None
    assert evidence.tests.newly_failed == ["tests/test_calc.py::test_add", "tests/test_calc.py::test_add_again"]
    assert "test_add" in evidence.tests.after.detail
