"""What is said where evidence does not suffice."""

from sigma_core.proposals.evidence import SuiteRunState
from sigma_core.proposals.verification import sufficiency
from sigma_core.proposals.verification.executed_statements import ExecutedStatements
from sigma_core.proposals.verification.patch import Change, ChangedFile, Patch
from sigma_core.proposals.verification.report import Report
from sigma_core.proposals.verification.suite_run import SuiteRun

NOWHERE = ExecutedStatements(
    added=1,
    removed=0,
    added_executed=0,
    removed_executed=0,
    import_only=0,
    unexecuted=("src/b.py:1",),
    direct=frozenset(),
    covering=frozenset(),
)


def said(path: str) -> list[str]:
    patch = Patch(Change(1, "", "0" * 40), "", (ChangedFile(path, path, "x = 1\n", "x = 2\n", ()),))
    run = SuiteRun(SuiteRunState.PASSED, Report(elsewhere={"src/a.py": "/site/a.py", "src/b.py": "/site/b.py"}), 1)
    return list(sufficiency.of_unexecuted(NOWHERE, patch, run))


def test_the_copy_that_is_named_is_one_of_the_changed_file() -> None:
    (sentence,) = said("src/b.py")
    assert "another copy of src/b.py: /site/b.py" in sentence
    assert "pip install -e" in sentence


def test_a_copy_of_another_file_explains_nothing() -> None:
    assert said("src/c.py") == ["No test executes src/b.py:1."]
