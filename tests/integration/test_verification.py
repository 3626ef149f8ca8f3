"""Verification of single changes, on real repositories in the real sandbox."""

import sysconfig
import venv
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest
from fakes.small_repository import SmallRepository
from fakes.sums import CALC, FILES, TESTS, Repository, Verify, verifier

from sigma_core.projects.sandbox import Execution, Grade, Request, Sandbox
from sigma_core.projects.sandbox.refusing import RefusingSandbox
from sigma_core.proposals.evidence import ControlState, SuiteRunState
from sigma_core.proposals.verification.patch import Change

pytestmark = pytest.mark.sandbox


@dataclass(frozen=True)
class Graded:
    """A sandbox that says of itself what a test needs."""

    inner: Sandbox
    grade: Grade

    def run(self, request: Request, cancelled: Callable[[], bool] = lambda: False) -> Execution:
        return self.inner.run(request, cancelled)


def test_a_right_change_of_tested_code_has_sufficient_evidence(repository: Repository, verify: Verify) -> None:
    small = repository()
    evidence = verify(small, small.replacing(7, "calc.py", "    total = a + b\n    return total", "    return a + b"))
    assert evidence.insufficient == []
    assert evidence.applies
    assert evidence.runner == "pytest"
    assert evidence.grade is Grade.FULL
    assert evidence.tests is not None
    assert evidence.tests.baseline.state is SuiteRunState.PASSED
    assert evidence.tests.after.counts.passed == 3
    assert evidence.coverage.added_executed == evidence.coverage.added == 1
    assert evidence.coverage.removed_executed == evidence.coverage.removed == 2
    assert evidence.coverage.covering_tests == 2
    assert evidence.control.state is ControlState.PROVED
    assert evidence.verified_with == []
    assert not evidence.tampering
    assert not evidence.suppressions


def test_a_breaking_change_is_told_by_the_test_that_fails(repository: Repository, verify: Verify) -> None:
    small = repository()
    evidence = verify(small, small.replacing(1, "calc.py", "a + b", "a - b"))
    assert evidence.tests is not None
    assert evidence.tests.newly_failed == ["tests/test_calc.py::test_add", "tests/test_calc.py::test_add_again"]
    assert "test_add" in evidence.tests.after.detail


def test_a_change_that_no_test_executes_is_not_enough(repository: Repository, verify: Verify) -> None:
    small = repository()
    evidence = verify(small, small.replacing(1, "calc.py", "return a * 2", "return a + a"))
    assert evidence.insufficient == ["No test executes calc.py:12."]
    assert evidence.coverage.unexecuted == ["calc.py:12", "calc.py:12 (removed)"]


def test_an_unused_import_is_executed_by_every_test_because_it_runs_at_import(
    repository: Repository, verify: Verify
) -> None:
    small = repository()
    evidence = verify(small, small.replacing(1, "calc.py", "import os\n\n\n", "", rule="F401"))
    assert evidence.insufficient == []
    assert evidence.coverage.import_only == 1
    assert evidence.coverage.covering_tests == 3
    assert evidence.control.state is ControlState.PROVED
    assert evidence.target.gone
    assert (evidence.target.before, evidence.target.after) == (1, 0)


def test_a_comment_needs_no_test(repository: Repository, verify: Verify) -> None:
    small = repository()
    evidence = verify(small, small.replacing(1, "calc.py", "return a * 2", "return a * 2  # twice"))
    assert evidence.compiled_equal
    assert evidence.tests is None
    assert evidence.control.state is ControlState.NOT_NEEDED
    assert evidence.insufficient == []


def test_what_is_equal_by_its_structure_needs_no_test(repository: Repository, verify: Verify) -> None:
    calc = CALC + "\n\ndef sign(a):\n    if a < 0:\n        return -1\n    else:\n        return 1\n"
    small = repository({**FILES, "calc.py": calc})
    evidence = verify(
        small, small.replacing(1, "calc.py", "    else:\n        return 1\n", "    return 1\n", rule="RET505")
    )
    assert evidence.equal_by_structure == "control flow"
    assert evidence.tests is None
    assert evidence.control.state is ControlState.NOT_NEEDED
    assert evidence.insufficient == []
    wrong = verify(
        small, small.replacing(1, "calc.py", "    else:\n        return 1\n", "    return 2\n", rule="RET505")
    )
    assert wrong.equal_by_structure == ""
    assert wrong.coverage.unexecuted


def test_a_suppression_does_not_make_the_target_go(repository: Repository, verify: Verify) -> None:
    small = repository()
    evidence = verify(small, small.replacing(1, "calc.py", "import os", "import os  # noqa: F401", rule="F401"))
    assert evidence.suppressions == ["calc.py:3 adds `noqa: F401`."]
    assert evidence.target.gone is False


def test_an_emptied_function_is_named(repository: Repository, verify: Verify) -> None:
    small = repository()
    body = "    total = a + b\n    return total"
    evidence = verify(small, small.replacing(1, "calc.py", body, "    return 3"))
    assert evidence.suppressions == ["calc.py:6 empties add: it does nothing any more."]
    leaving = verify(small, small.replacing(1, "calc.py", "    return total", "    return b + a"))
    assert leaving.suppressions == ["calc.py:7 is left behind: local variable `total` is assigned to but never used"]


def test_an_order_of_imports_that_matters_is_named(repository: Repository, verify: Verify) -> None:
    acting = "import state\n\nstate.NAMES.append(__name__)\n"
    modules = {"state.py": "NAMES = []\n", "one.py": acting, "two.py": acting}
    small = repository({**FILES, **modules, "calc.py": f"import two\nimport one\n{CALC}"})
    evidence = verify(
        small, small.replacing(1, "calc.py", "import two\nimport one", "import one\nimport two", rule="I001")
    )
    assert evidence.suppressions == [
        "calc.py:1 comes to import one before two, and both do something when they are imported."
    ]


def test_a_weakened_setting_goes_to_a_person(repository: Repository, verify: Verify) -> None:
    small = repository({**FILES, "pyproject.toml": '[tool.ruff.lint]\nignore = ["E501"]\n'})
    evidence = verify(small, small.replacing(1, "pyproject.toml", '"E501"', '"E501", "F401"'))
    assert evidence.tampering == ["pyproject.toml:1 changes the configuration of tests or checkers [tool.ruff]."]
    assert evidence.suppressions == ["pyproject.toml:2 weakens tool.ruff.lint.ignore: gains F401."]
    assert "pyproject.toml is not Python: no test can be shown to execute the change." in evidence.insufficient


def test_a_test_that_ends_the_process_leaves_no_evidence_of_passing(repository: Repository, verify: Verify) -> None:
    ending = "import os\n\n\ndef stop():\n    os._exit(0)\n"
    small = repository({**FILES, "calc.py": f"import ending\n{CALC}", "ending.py": ending})
    stopping = "    return ending.stop()\n"
    evidence = verify(small, small.replacing(1, "calc.py", "    total = a + b\n    return total\n", stopping))
    assert evidence.tests is not None
    assert evidence.tests.after.state is SuiteRunState.CRASHED
    assert "in or after tests/test_calc.py::test_add" in evidence.tests.after.detail
    assert len(evidence.tests.vanished) == 3


def test_nothing_is_run_of_what_only_a_person_can_decide(repository: Repository, sandbox: Sandbox) -> None:
    small = repository({**FILES, "noxfile.py": "LATEST = 3\n"})
    ending = "    import os\n\n    os._exit(0)\n"
    starting = small.replacing(1, "noxfile.py", "3", "4")
    forging = small.replacing(2, "calc.py", "    total = a + b\n    return total\n", ending)
    found = verifier(sandbox, small).verify(small.project, [starting, forging])
    assert all(evidence.tests is None and evidence.test_runs == 0 for evidence in found.values())
    assert found[1].insufficient == [
        "No test was run: none is near to what it changes, and a person decides whatever the others show."
    ]
    assert found[2].tampering == ["calc.py:9 uses os._exit."]
    assert found[2].insufficient == [
        "No test was run: what tests report of it could not be believed, so a person decides."
    ]


def test_what_a_person_decides_is_run_by_the_nearest_tests_and_not_proved(
    repository: Repository, verify: Verify
) -> None:
    far = "def test_far():\n    assert True\n"
    small = repository({**FILES, "tests/test_far.py": far})
    evidence = verify(small, small.replacing(1, "tests/test_calc.py", "import calc", "import calc\n\nassert calc"))
    assert evidence.tests is not None
    assert evidence.tests.after.counts.passed == 3
    assert evidence.named == [
        "Only 3 of 4 tests were run, those nearest to the change: a person decides whatever the others show."
    ]
    assert evidence.control.detail.startswith("it was not run, and no mutant was tried")


def test_a_skipped_module_counts_as_tests_that_vanished(repository: Repository, verify: Verify) -> None:
    small = repository()
    skip = 'import calc\nimport pytest\n\npytest.skip("later", allow_module_level=True)'
    evidence = verify(small, small.replacing(1, "tests/test_calc.py", "import calc", skip))
    assert evidence.tests is not None
    assert len(evidence.tests.vanished) == 3
    assert "tests/test_calc.py:5 skips or ends the tests of a whole module." in evidence.tampering


def test_a_repaired_test_is_told_as_newly_passed(repository: Repository, verify: Verify) -> None:
    small = repository({**FILES, "calc.py": CALC.replace("a + b", "a - b")})
    evidence = verify(small, small.replacing(1, "calc.py", "a - b", "a + b"))
    assert evidence.insufficient == []
    assert evidence.tests is not None
    assert evidence.tests.baseline.state is SuiteRunState.FAILED
    assert evidence.tests.newly_passed == ["tests/test_calc.py::test_add", "tests/test_calc.py::test_add_again"]


def test_a_test_that_fails_only_sometimes_is_flaky_and_not_broken(repository: Repository, verify: Verify) -> None:
    flaky = (
        "\n\ndef test_moody(request):\n    import pathlib\n"
        "    changed = 'return a + b' in pathlib.Path('calc.py').read_text()\n"
        "    assert not changed or len(request.session.items) == 1\n"
    )
    small = repository({**FILES, "tests/test_calc.py": TESTS + flaky})
    evidence = verify(small, small.replacing(1, "calc.py", "    total = a + b\n    return total", "    return a + b"))
    assert evidence.tests is not None
    assert evidence.tests.flaky == ["tests/test_calc.py::test_moody"]
    assert evidence.tests.newly_failed == []
    assert evidence.insufficient == []
    evidence = verify(
        small,
        small.replacing(
            1,
            "calc.py",
            "import os\n\n\ndef add(a, b):\n    total = a + b\n    return total",
            "def add(a, b):\n    return a + b",
        ),
    )
    assert evidence.insufficient == ["Tests that execute the change are flaky: tests/test_calc.py::test_moody."]


def test_a_run_that_never_ends_is_stopped_and_named(repository: Repository, verify: Verify) -> None:
    small = repository()
    endless = "    while True:\n        a = b\n"
    evidence = verify(small, small.replacing(1, "calc.py", "    total = a + b\n    return total\n", endless))
    assert evidence.tests is not None
    assert evidence.tests.after.state is SuiteRunState.TIMEOUT
    assert "tests/test_calc.py::test_add" in evidence.tests.after.detail
    assert any(
        sentence.startswith("The tests do not run to their end with the change") for sentence in evidence.insufficient
    )


def test_a_fork_bomb_ends_and_leaves_nothing(repository: Repository, verify: Verify) -> None:
    bomb = "import os\n\n\ndef burst():\n    while True:\n        os.fork()\n"
    small = repository({**FILES, "calc.py": f"import bomb\n{CALC}", "bomb.py": bomb})
    evidence = verify(small, small.replacing(1, "calc.py", "    return total\n", "    return bomb.burst()\n"))
    assert evidence.tests is not None
    assert evidence.tests.after.state in (
        SuiteRunState.TIMEOUT,
        SuiteRunState.CRASHED,
        SuiteRunState.FAILED,
        SuiteRunState.REFUSED,
    )
    assert {*evidence.tests.newly_failed, *evidence.tests.vanished} >= {"tests/test_calc.py::test_add"}


def test_reports_that_deny_what_was_seen_are_not_believed(repository: Repository, verify: Verify) -> None:
    forging = (
        "import _pytest.reports\n\n"
        "made = _pytest.reports.TestReport.from_item_and_call\n\n\n"
        "def passed(item, call):\n"
        "    report = made(item, call)\n"
        "    report.outcome = 'passed'\n"
        "    report.longrepr = None\n"
        "    return report\n\n\n"
        "_pytest.reports.TestReport.from_item_and_call = staticmethod(passed)\n"
    )
    small = repository({**FILES, "calc.py": f"import forge\n{CALC}", "forge.py": forging})
    evidence = verify(small, small.replacing(1, "calc.py", "a + b", "a - b"))
    assert evidence.tests is not None
    assert evidence.tests.newly_failed == ["tests/test_calc.py::test_add", "tests/test_calc.py::test_add_again"]
    assert evidence.tests.after.state is SuiteRunState.CRASHED
    assert "contradicts itself" in evidence.tests.after.detail


def test_a_change_that_does_not_apply_or_parse_is_told_without_a_run(repository: Repository, verify: Verify) -> None:
    small = repository()
    change = small.replacing(1, "calc.py", "a + b", "a - b")
    stale = Change(1, change.diff.replace("total = a + b", "total = b + a"), small.head)
    evidence = verify(small, stale)
    assert not evidence.applies
    assert "calc.py" in evidence.apply_error
    evidence = verify(small, small.replacing(1, "calc.py", "a + b", "a +"))
    assert evidence.parse_errors == ["calc.py: invalid syntax (line 7)"]
    assert evidence.tests is None


def test_without_an_interpreter_nothing_is_simulated(repository: Repository, verify: Verify) -> None:
    small = repository(python="/nowhere/python")
    evidence = verify(small, small.replacing(1, "calc.py", "a + b", "b + a"))
    assert evidence.tests is None
    assert evidence.insufficient == ["No test was run: python: /nowhere/python is not a program that can be started"]


def test_a_project_without_tests_says_so(repository: Repository, verify: Verify) -> None:
    small = repository({"calc.py": CALC})
    evidence = verify(small, small.replacing(1, "calc.py", "a + b", "b + a"))
    assert "The project has no tests that could show the effect of the change." in evidence.insufficient


def test_a_command_that_is_no_known_runner_is_judged_by_its_exit_code(repository: Repository, verify: Verify) -> None:
    files = {**FILES, "pyproject.toml": "[tool.sigma]\ntest-command = \"grep -q 'a + b' calc.py\"\n"}
    small = repository(files, test_command=None)
    evidence = verify(small, small.replacing(1, "calc.py", "a + b", "a - b"))
    assert evidence.runner == "command"
    assert evidence.tests is not None
    assert evidence.tests.newly_failed == ["grep -q 'a + b' calc.py (exit code 1)"]
    evidence = verify(small, small.replacing(1, "calc.py", "a * 2", "2 * a"))
    assert "The test command's results can be read by its exit code only, not test by test." in evidence.insufficient


def environment(small: SmallRepository, *links: Path) -> str:
    """An environment in the checkout, with pytest and links to further folders."""
    venv.create(small.path / ".venv", symlinks=True)
    (site,) = (small.path / ".venv").glob("lib/python*/site-packages")
    (site / "links.pth").write_text("".join(f"{link}\n" for link in (*links, sysconfig.get_path("purelib"))))
    return str(small.path / ".venv" / "bin" / "python")


def test_an_editable_install_meets_the_changed_code(repository: Repository, verify: Verify) -> None:
    small = repository({"src/calc.py": CALC, "tests/test_calc.py": TESTS})
    small.project.python = environment(small, small.path / "src")
    evidence = verify(small, small.replacing(1, "src/calc.py", "a + b", "a - b"))
    assert evidence.tests is not None
    assert evidence.tests.baseline.state is SuiteRunState.PASSED
    assert len(evidence.tests.newly_failed) == 2


def test_another_copy_of_the_code_under_test_is_named(repository: Repository, verify: Verify, tmp_path: Path) -> None:
    small = repository({"src/calc.py": CALC, "tests/test_calc.py": TESTS})
    copy = tmp_path / "copy"
    copy.mkdir()
    (copy / "calc.py").write_text(CALC)
    small.project.python = environment(small, copy)
    evidence = verify(small, small.replacing(1, "src/calc.py", "a + b", "a - b"))
    assert evidence.insufficient == [
        "No test executes src/calc.py:7; "
        f"the tests import another copy of src/calc.py: {copy}/calc.py (install the checkout there: pip install -e).",
        "The control run did not prove the tests: no test loads the changed code.",
    ]


def test_a_project_that_tests_in_parallel_is_followed_test_by_test(repository: Repository, verify: Verify) -> None:
    parallel = "[pytest]\naddopts = -n 2\n"
    small = repository({**FILES, "pytest.ini": parallel}, test_command="pytest")
    evidence = verify(small, small.replacing(7, "calc.py", "a + b", "a - b"))
    assert evidence.tests is not None
    assert evidence.tests.newly_failed == ["tests/test_calc.py::test_add", "tests/test_calc.py::test_add_again"]
    assert evidence.tests.baseline.counts.passed == 3


def test_a_project_that_stops_at_its_first_failure_is_followed_to_the_end(
    repository: Repository, verify: Verify
) -> None:
    stopping, failing = "[pytest]\naddopts = -x --maxfail=1\n", "def test_fails():\n    assert 0\n"
    small = repository({**FILES, "pytest.ini": stopping, "tests/test_before.py": failing})
    evidence = verify(small, small.replacing(1, "calc.py", "a + b", "a - b"))
    assert evidence.tests is not None
    assert evidence.tests.baseline.counts.passed == 3
    assert evidence.tests.newly_failed == ["tests/test_calc.py::test_add", "tests/test_calc.py::test_add_again"]


def test_unittest_projects_are_followed_test_by_test(repository: Repository, verify: Verify) -> None:
    tests = (
        "import unittest\nimport calc\n\n\nclass Sums(unittest.TestCase):\n"
        "    def test_add(self):\n        self.assertEqual(calc.add(1, 2), 3)\n\n"
        "    def test_each(self):\n        for n in (1, 2):\n            with self.subTest(n=n):\n"
        "                self.assertEqual(calc.add(n, n), 2 * n)\n\n"
        "    @unittest.skip('not now')\n    def test_skipped(self):\n        pass\n"
    )
    small = repository({"calc.py": CALC, "tests/__init__.py": "", "tests/test_calc.py": tests})
    small.project.test_command = "python -m unittest"
    evidence = verify(small, small.replacing(1, "calc.py", "a + b", "a - b"))
    assert evidence.runner == "unittest"
    assert evidence.tests is not None
    assert evidence.tests.newly_failed == ["tests.test_calc.Sums.test_add", "tests.test_calc.Sums.test_each"]
    evidence = verify(small, small.replacing(1, "calc.py", "    total = a + b\n    return total", "    return a + b"))
    assert evidence.insufficient == []
    assert evidence.control.state is ControlState.PROVED
    assert evidence.coverage.covering_tests == 2


def test_without_a_sandbox_no_project_code_runs(repository: Repository) -> None:
    small = repository()
    change = small.replacing(1, "calc.py", "a + b", "b + a")
    evidence = verifier(RefusingSandbox("switched off"), small).verify(small.project, [change])[1]
    assert evidence.grade is Grade.NONE
    assert evidence.tests is None
    assert evidence.insufficient == [
        "No project code could be run here: there is no sandbox (`sigma doctor` says why)."
    ]


def test_the_reduced_grade_runs_only_where_it_is_allowed_and_counts_only_where_it_is_trusted(
    repository: Repository, sandbox: Sandbox, verify: Verify
) -> None:
    small = repository()
    change = small.replacing(1, "calc.py", "    total = a + b\n    return total", "    return a + b")
    reduced = Graded(sandbox, Grade.REDUCED)
    evidence = verifier(reduced, small).verify(small.project, [change])[1]
    assert evidence.tests is None
    assert "not allowed for this project" in evidence.insufficient[0]
    small.project.reduced_sandbox = True
    evidence = verifier(reduced, small).verify(small.project, [change])[1]
    assert evidence.grade is Grade.REDUCED
    assert evidence.insufficient == [
        "The tests ran in the reduced sandbox, and this project's code is not marked as trusted."
    ]
    small.project.trusted = True
    assert verifier(reduced, small).verify(small.project, [change])[1].insufficient == []


def test_a_project_that_uses_coverage_itself_finds_it_whole_and_is_followed(
    repository: Repository, verify: Verify
) -> None:
    own = "\n\ndef test_tracer():\n    import coverage.tracer\n\n    assert coverage.tracer.CTracer\n"
    small = repository({**FILES, "tests/test_calc.py": TESTS + own})
    evidence = verify(small, small.replacing(7, "calc.py", "    total = a + b\n    return total", "    return a + b"))
    assert evidence.tests is not None
    assert evidence.tests.baseline.counts.passed == 4
    assert evidence.coverage.covering_tests == 2
    assert evidence.insufficient == []


def test_lines_that_only_a_thread_of_a_test_executes_are_seen(repository: Repository, verify: Verify) -> None:
    tests = (
        "import threading\n\nimport calc\n\n\ndef test_add():\n    found = []\n"
        "    thread = threading.Thread(target=lambda: found.append(calc.add(1, 2)))\n"
        "    thread.start()\n    thread.join()\n    assert found == [3]\n"
    )
    small = repository({"calc.py": CALC, "tests/test_calc.py": tests})
    evidence = verify(small, small.replacing(7, "calc.py", "    total = a + b\n    return total", "    return a + b"))
    assert evidence.coverage.unexecuted == []
    assert evidence.coverage.covering_tests == 1
