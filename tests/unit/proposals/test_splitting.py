"""A change of several fixes is parted where not all of them hold."""

from datetime import UTC, datetime

from sigma_core.proposals import diff as diffs
from sigma_core.proposals.evidence import (
    ChangeCoverage,
    ControlRun,
    ControlState,
    Counterexample,
    DifferenceState,
    Differential,
    Evidence,
    MutatedStatement,
    SuiteRunState,
    TestComparison,
    TestRun,
)
from sigma_core.proposals.fixers.base import Fixed, Part
from sigma_core.proposals.splitting import pieces
from sigma_core.proposals.tables import Proposal

PATH = "shop.py"
BEFORE = "".join(f"def f{number}(x):\n    return x == None\n\n\n" for number in range(1, 6))
AFTER = BEFORE.replace("==", "is")
RUN = TestRun(state=SuiteRunState.PASSED)


def proposal(*parts: tuple[int, ...]) -> Proposal:
    now = datetime(2026, 1, 1, tzinfo=UTC)
    stored = [Part(number, edits, f"Fix {number}", f"What {number} does.") for number, edits in enumerate(parts, 1)]
    return Proposal(
        id=7,
        project_id=1,
        issue_id=1,
        title="Fix 1 and 4 more",
        change_type="bug",
        diff=diffs.make(PATH, BEFORE, AFTER),
        diff_sha256="",
        base_commit="c",
        files=[PATH],
        parts=[part.as_json() for part in stored],
        confidence=0.6,
        origin="dream",
        fixer="linter_unsafe",
        state="waiting",
        created_at=now,
        changed_at=now,
    )


FIVE = proposal((0,), (1,), (2,), (3,), (4,))


def evidence(**facts: object) -> Evidence:
    return Evidence(base_commit="c", diff_sha256="d", applies=True, **facts)  # type: ignore[arg-type]


def parted(proposed: Proposal, **facts: object) -> list[list[int]]:
    return [[part.issue_id for part in fixed.parts] for fixed in pieces(proposed, evidence(**facts), BEFORE, 0.5)]


def changed(fixed: Fixed) -> list[str]:
    """The functions that a piece changes."""
    (change,) = diffs.parse(fixed.diff)
    after = diffs.apply(BEFORE, change.edits()).split("\n")
    return [after[at - 1][4:6] for at, line in enumerate(after) if line == "    return x is None"]


def test_fixes_that_no_test_runs_are_parted_from_the_others() -> None:
    untested = ChangeCoverage(unexecuted=["shop.py:6", "shop.py:14 (removed)"])
    assert parted(FIVE, coverage=untested) == [[1, 3, 5], [2, 4]]


def test_fixes_that_no_test_checks_are_parted_from_the_others() -> None:
    unchecked = MutatedStatement(place="shop.py:2", tried=3, noticed=1, unnoticed=["x"])
    checked = MutatedStatement(place="shop.py:6", tried=3, noticed=2, unnoticed=["x"])
    untried = MutatedStatement(place="shop.py:18")
    assert parted(FIVE, mutants=[unchecked, checked, untried]) == [[2, 3, 4], [1, 5]]


def test_the_function_with_a_counterexample_is_parted_from_the_others() -> None:
    example = Counterexample(function="f4", arguments="x=Odd()", old="True", new="False")
    differs = Differential(state=DifferenceState.DIFFERS, counterexample=example, differing=["f4"])
    assert parted(FIVE, differential=differs) == [[1, 2, 3, 5], [4]]
    both = differs.model_copy(update={"differing": ["f4", "f1"]})
    assert parted(FIVE, differential=both) == [[2, 3, 5], [1, 4]]


def test_the_function_that_its_tests_do_not_check_is_parted_from_the_others() -> None:
    why = "no test that executes f2 in shop.py notices when it returns something else or does nothing."
    names = [f"f{number} in shop.py" for number in range(1, 6)]
    run = ControlRun(state=ControlState.UNCHECKED, functions=names, detail=why, doubted=names[1:2])
    assert parted(FIVE, control=run) == [[1, 3, 4, 5], [2]]
    several = run.model_copy(update={"doubted": [names[1], names[4]]})
    assert parted(FIVE, control=several) == [[1, 3, 4], [2, 5]]


def test_where_a_test_breaks_and_nothing_says_why_the_halves_are_tried() -> None:
    broken = TestComparison(baseline=RUN, after=RUN, newly_failed=["test_shop.py::test_all"])
    assert parted(FIVE, tests=broken) == [[1, 2], [3, 4, 5]]
    one, other = pieces(FIVE, evidence(tests=broken), BEFORE, 0.5)
    assert (changed(one), changed(other)) == (["f1", "f2"], ["f3", "f4", "f5"])
    assert (one.title, other.title) == ("Fix 1 and 1 more", "Fix 3 and 2 more")
    assert [part.edits for part in other.parts] == [(0,), (1,), (2,)]


def test_what_concerns_all_fixes_alike_parts_none() -> None:
    assert parted(FIVE, insufficient=["The project has no tests that could show the effect of the change."]) == []
    untested = ChangeCoverage(unexecuted=[f"shop.py:{line}" for line in (2, 6, 10, 14, 18)])
    assert parted(FIVE, coverage=untested) == []


def test_fixes_that_share_an_edit_stay_together() -> None:
    broken = TestComparison(baseline=RUN, after=RUN, newly_failed=["test_shop.py::test_all"])
    assert parted(proposal((0,), (1,), (1,), (2, 3), (3, 4)), tests=broken) == [[1], [2, 3, 4, 5]]
    assert parted(proposal((0, 1), (1, 2), (2, 3), (3, 4)), tests=broken) == []


def test_one_fix_is_never_parted() -> None:
    broken = TestComparison(baseline=RUN, after=RUN, newly_failed=["test_shop.py::test_all"])
    assert parted(proposal((0, 1, 2, 3, 4)), tests=broken) == []
