"""What is said where evidence does not suffice."""

from dataclasses import replace

from sigma_core.proposals.evidence import SuiteRunState, TypeCheck, TypeCheckState
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


def test_a_statement_that_is_rewritten_where_it_stands_is_named_once() -> None:
    patch = Patch(Change(1, "", "0" * 40), "", ())
    found = replace(NOWHERE, unexecuted=("a.py:1", "a.py:5", "a.py:1 (removed)", "a.py:9 (removed)"))
    run = SuiteRun(SuiteRunState.PASSED, Report(), 1)
    assert list(sufficiency.of_unexecuted(found, patch, run)) == ["No test executes a.py:1, a.py:5, a.py:9 (removed)."]


def test_a_stub_waits_for_the_type_checker_and_says_so() -> None:
    patch = Patch(Change(1, "", "0" * 40), "", (ChangedFile("a.pyi", "a.pyi", "x: int\n", "x: str\n", ()),))
    missing = TypeCheck(state=TypeCheckState.NOT_CHECKED, detail="mypy is not installed in the project's environment.")
    assert list(sufficiency.of_files(patch, missing)) == [
        "a.pyi is for type checkers alone, and the project's could not be asked: "
        "mypy is not installed in the project's environment."
    ]
    assert "is not Python" in next(sufficiency.of_files(patch, TypeCheck()))
