"""What is wrong with the base is not counted against a change."""

import pytest
from fakes.small_repository import SmallRepository
from fakes.sums import FILES, TESTS, Repository, Verify

from sigma_core.projects.sandbox import ResourceLimits
from sigma_core.proposals.evidence import ControlState, SuiteRunState
from sigma_core.proposals.verification.patch import Change

pytestmark = pytest.mark.sandbox


WRONG = "\n\ndef test_wrong():\n    assert calc.add(1, 1) == 3\n"


def shorter(small: SmallRepository) -> Change:
    return small.replacing(1, "calc.py", "    total = a + b\n    return total", "    return a + b")


def test_a_covering_test_that_fails_alike_is_neutral_where_others_pass(repository: Repository, verify: Verify) -> None:
    small = repository({**FILES, "tests/test_calc.py": TESTS + WRONG})
    evidence = verify(small, shorter(small))
    assert evidence.tests is not None
    assert evidence.tests.failing_alike == ["tests/test_calc.py::test_wrong"]
    assert evidence.tests.covering_failures == []
    assert evidence.insufficient == []


def test_a_covering_test_that_fails_otherwise_than_before_is_named(repository: Repository, verify: Verify) -> None:
    changed = WRONG.replace("== 3", "== 3, open('calc.py').read().count('total')")
    changed = changed.replace("== 3,", "== 3, 'x' * ").replace("test_wrong", "test_other")
    small = repository({**FILES, "tests/test_calc.py": TESTS + changed})
    evidence = verify(small, shorter(small))
    assert evidence.tests is not None
    assert evidence.tests.covering_failures == ["tests/test_calc.py::test_other"]
    assert evidence.tests.failing_alike == []


def test_a_failing_test_is_not_neutral_where_it_alone_executes_the_change(
    repository: Repository, verify: Verify
) -> None:
    only = "import calc\n" + WRONG + "\n\ndef test_positive():\n    assert calc.positive(1)\n"
    small = repository({**FILES, "tests/test_calc.py": only})
    evidence = verify(small, shorter(small))
    assert evidence.tests is not None
    assert evidence.tests.covering_failures == ["tests/test_calc.py::test_wrong"]


def test_a_file_of_tests_that_never_loads_takes_nothing_from_the_others(repository: Repository, verify: Verify) -> None:
    small = repository({**FILES, "tests/test_net.py": "import not_there_at_all\n"})
    evidence = verify(small, shorter(small))
    assert evidence.tests is not None
    assert evidence.tests.unloadable == ["tests/test_net.py"]
    assert evidence.insufficient == []


def test_a_file_of_tests_that_never_loads_counts_where_nothing_else_runs_the_change(
    repository: Repository, verify: Verify
) -> None:
    only = "import calc\n\n\ndef test_positive():\n    assert calc.positive(1)\n"
    small = repository({**FILES, "tests/test_calc.py": only, "tests/test_net.py": "import not_there_at_all\n"})
    evidence = verify(small, shorter(small))
    assert any("cannot be loaded" in reason for reason in evidence.insufficient)


HANGS = "\n\ndef test_hangs():\n    import time\n    while calc.add(0, 0) == 0:\n        time.sleep(0.05)\n"


@pytest.mark.parametrize("command", [None, "python -m unittest discover -s tests"])
def test_a_test_that_hangs_in_the_base_counts_as_failed_and_the_rest_goes_on(
    repository: Repository, verify: Verify, command: str | None
) -> None:
    tests = TESTS + HANGS if command is None else UNITTESTS
    small = repository({**FILES, "tests/test_calc.py": tests}, **({"test_command": command} if command else {}))
    evidence = verify(small, shorter(small), limits=ResourceLimits(test_s=2))
    assert evidence.tests is not None
    assert evidence.tests.baseline.state is SuiteRunState.FAILED
    assert evidence.tests.baseline.counts.failed == evidence.tests.after.counts.failed == 1
    assert evidence.insufficient == []


UNITTESTS = """\
import time
import unittest

import calc


class TestCalc(unittest.TestCase):
    def test_add(self):
        self.assertEqual(calc.add(1, 2), 3)

    def test_hangs(self):
        while calc.add(0, 0) == 0:
            time.sleep(0.05)
"""


def test_a_change_that_ends_a_hang_is_seen_to_mend_it(repository: Repository, verify: Verify) -> None:
    bits = "def bits(n):\n    c = 0\n    while n:\n        n ^= n - 1\n        c += 1\n    return c\n"
    test = "from m import bits\n\n\ndef test_bits():\n    assert bits(127) == 7\n\n"
    test += "\ndef test_none():\n    assert bits(0) == 0\n"
    small = repository({"m.py": bits, "tests/test_m.py": test, "pytest.ini": "[pytest]\npythonpath = .\n"})
    evidence = verify(small, small.replacing(1, "m.py", "n ^= n - 1", "n &= n - 1"), limits=ResourceLimits(test_s=2))
    assert evidence.tests is not None
    assert evidence.tests.newly_passed == ["tests/test_m.py::test_bits"]
    assert evidence.insufficient == []
    assert evidence.control.state is ControlState.PROVED


def test_a_base_whose_runner_cannot_start_is_told_with_its_reason_and_not_tried_again(
    repository: Repository, verify: Verify
) -> None:
    small = repository({**FILES, "conftest.py": "import os\n\nos.environ['MUST_BE_SET_XYZ']\n"})
    evidence = verify(small, shorter(small))
    assert evidence.tests is not None
    assert evidence.tests.baseline.state is SuiteRunState.CRASHED
    assert evidence.tests.after.state is SuiteRunState.REFUSED
    assert "KeyError: 'MUST_BE_SET_XYZ'" in evidence.insufficient[0]
