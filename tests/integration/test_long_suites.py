"""A suite that takes longer than a run may last: changes are judged by the tests nearest to them, and that is said."""

from pathlib import Path

import pytest
from fakes.small_repository import SmallRepository

from sigma_core.projects.sandbox import ResourceLimits, Sandbox
from sigma_core.proposals.evidence import SuiteRunState
from sigma_core.proposals.verification.verifier import Verifier

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


def test_the_tests_nearest_to_a_change_decide_and_are_said_to_be_all(tmp_path: Path, sandbox: Sandbox) -> None:
    small = SmallRepository(tmp_path, FILES)
    # Shorter than one test may last, so that none is found to hang
    verifier = Verifier(projects=small, sandbox=sandbox, home=small.home, limits=ResourceLimits(wall_s=30))
    near, far = (small.replacing(n, path, "== None", "is None") for n, path in enumerate(("calc.py", "far.py")))
    evidence = verifier.verify(small.project, [near, far])
    assert evidence[0].insufficient == []
    assert evidence[0].tests is not None
    assert evidence[0].tests.after.counts.passed == 1
    assert len(evidence[0].named) == 1
    assert evidence[0].named[0].startswith("Only 1 of 2 tests were run, those nearest to the change: The run ran into")
    # No test is near to the other: a person decides
    assert evidence[1].tests is not None
    assert evidence[1].tests.baseline.state is SuiteRunState.TIMEOUT
    assert evidence[1].insufficient[0].startswith("The tests of the base do not run to their end")
