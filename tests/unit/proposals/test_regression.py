"""A counterexample as a test."""

from datetime import UTC, datetime

import pytest

from sigma_core.errors import Conflict
from sigma_core.proposals.evidence import Counterexample, DifferenceState, Differential, Evidence
from sigma_core.proposals.regression import regression_test
from sigma_core.proposals.tables import Proposal

NOW = datetime(2026, 1, 1, tzinfo=UTC)
FILES = ("src/shop/__init__.py", "src/shop/calc.py", "tests/test_calc.py")


def proposal(path: str = "src/shop/calc.py") -> Proposal:
    return Proposal(
        id=12,
        project_id=1,
        title="t",
        change_type="bug",
        diff="",
        diff_sha256="",
        base_commit="c",
        files=[path],
        confidence=0.5,
        origin="dream",
        fixer="linter_safe",
        state="rejected",
        created_at=NOW,
        changed_at=NOW,
    )


def evidence(arguments: str = "queue=[]", old: str = "returns 3", function: str = "first") -> Evidence:
    example = Counterexample(function=function, arguments=arguments, old=old, new="raises IndexError")
    found = Differential(
        state=DifferenceState.DIFFERS, counterexample=example, functions=[f"{function} in src/shop/calc.py"]
    )
    return Evidence(base_commit="c", diff_sha256="d", applies=True, differential=found)


def test_it_holds_what_the_code_did_before() -> None:
    made = regression_test(proposal(), evidence(), FILES)
    assert made.id == "tests/test_sigma_proposal_12.py::test_first_as_before_proposal_12"
    assert made.text == (
        '"""What first does, found where proposal 12 of SIGMA changes it."""\n\n'
        "from shop.calc import first\n\n\n"
        "def test_first_as_before_proposal_12() -> None:\n"
        "    assert first(queue=[]) == 3\n"
    )


def test_an_exception_is_expected_and_a_truth_value_is_itself() -> None:
    raising = regression_test(proposal(), evidence(old="raises KeyError"), FILES)
    assert raising.text.startswith(
        '"""What first does, found where proposal 12 of SIGMA changes it."""\n\nimport pytest\n'
    )
    assert raising.text.endswith("    with pytest.raises(KeyError):\n        first(queue=[])\n")
    assert "first(queue=[]) is True\n" in regression_test(proposal(), evidence(old="returns True"), FILES).text


@pytest.mark.parametrize(
    ("arguments", "old"),
    [
        ("door=EqualToAll()", "returns False"),
        ("door=1, **more", "returns False"),
        ("door=1) or f(", "returns False"),
        ("door=1", "returns <Door>"),
        ("door=1", "raises DoorError"),
        ("door=1", "raises print"),
        ("door=1", "returns 1 and prints 'x'"),
        ("door=1", "does not end"),
    ],
)
def test_what_no_plain_text_stands_for_makes_no_test(arguments: str, old: str) -> None:
    with pytest.raises(Conflict):
        regression_test(proposal(), evidence(arguments, old), FILES)


def test_without_a_counterexample_there_is_no_test() -> None:
    with pytest.raises(Conflict, match="no counterexample"):
        regression_test(proposal(), None, FILES)
    with pytest.raises(Conflict, match="no counterexample"):
        regression_test(proposal(), Evidence(base_commit="c", diff_sha256="d", applies=True), FILES)


def test_a_file_that_is_there_is_not_written_over() -> None:
    with pytest.raises(Conflict, match="exists already"):
        regression_test(proposal(), evidence(), (*FILES, "tests/test_sigma_proposal_12.py"))
