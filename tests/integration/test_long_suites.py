"""A suite that takes longer than a run may last: changes are judged by the tests nearest to them, and that is said."""

from collections.abc import Callable
from pathlib import Path

import pytest
from fakes.small_repository import SmallRepository

from sigma_core.projects.sandbox import ResourceLimits
from sigma_core.projects.sandbox.select import SelectedSandbox
from sigma_core.proposals.evidence import Evidence, SuiteRunState
from sigma_core.proposals.verification import Change, Verifier
from sigma_core.settings import Settings

pytestmark = pytest.mark.sandbox

FILES = {
    "calc.py": "def is_missing(value):\n    return value == None\n",
    "far.py": "def is_far(value):\n    return value == None\n",
    "tests/test_calc.py": """from calc import is_missing


def test_missing():
    assert is_missing(None)
    assert not is_missing(3)
""",
    "tests/test_long.py": """import time


def test_long():
    time.sleep(100_000)
""",
}


@pytest.fixture
def small(tmp_path: Path) -> SmallRepository:
    return SmallRepository(tmp_path, FILES)


@pytest.fixture
def measured(small: SmallRepository) -> Callable[[Change], Evidence]:
    sandbox = SelectedSandbox(Settings(home=small.home))
    # Shorter than one test may last, so that none is found to hang
    verifier = Verifier(projects=small, sandbox=sandbox, home=small.home, limits=ResourceLimits(wall_s=30))
    return lambda change: verifier.verify(small.project, [change])[change.proposal_id]


def test_the_tests_that_import_the_changed_file_decide_and_are_said_to_be_all(
    small: SmallRepository, measured: Callable[[Change], Evidence]
) -> None:
    evidence = measured(small.replacing(1, "calc.py", "== None", "is None"))
    assert evidence.insufficient == []
    assert evidence.tests is not None
    assert evidence.tests.after.counts.passed == 1
    assert len(evidence.named) == 1
    assert evidence.named[0].startswith("Only 1 of 2 tests were run, those nearest to the change: The run ran into")


def test_a_change_that_no_test_is_near_to_is_for_a_person(
    small: SmallRepository, measured: Callable[[Change], Evidence]
) -> None:
    evidence = measured(small.replacing(1, "far.py", "== None", "is None"))
    assert evidence.tests is not None
    assert evidence.tests.baseline.state is SuiteRunState.TIMEOUT
    assert evidence.insufficient[0].startswith("The tests of the base do not run to their end")
