"""Many changes verified together: one run for all, those that break something found and set apart."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from fakes.small_repository import QUICK, SmallRepository

from sigma_core.errors import Cancelled
from sigma_core.projects.interpreter import Interpreter, find_interpreter
from sigma_core.projects.sandbox import Execution, Grade, Request, Sandbox
from sigma_core.proposals.evidence import ControlState
from sigma_core.proposals.verification.verifier import Verifier

pytestmark = pytest.mark.sandbox

COUNT = 10
MODULE = "\n\n".join(f"def f{n}(a):\n    total = a + {n}\n    return total\n" for n in range(COUNT))
TESTS = "import many\n\n\n" + "\n\n".join(
    f"def test_{n}():\n    assert many.f{n}(1) == {n + 1}\n" for n in range(COUNT)
)


class Counting:
    """A sandbox that counts what it runs."""

    def __init__(self, inner: Sandbox) -> None:
        self._inner, self.runs = inner, 0

    @property
    def grade(self) -> Grade:
        return self._inner.grade

    def run(self, request: Request, cancelled=lambda: False) -> Execution:
        self.runs += 1
        return self._inner.run(request, cancelled)


@pytest.fixture
def counting(sandbox: Sandbox) -> Counting:
    return Counting(sandbox)


@pytest.fixture
def small(tmp_path: Path) -> SmallRepository:
    return SmallRepository(tmp_path, {"many.py": MODULE, "tests/test_many.py": TESTS})


@pytest.fixture
def verifier(small: SmallRepository, counting: Counting) -> Verifier:
    return Verifier(projects=small, sandbox=counting, home=small.home, mutation_s=0)


def fix(small: SmallRepository, n: int, *, bad: bool = False):
    body = f"    total = a + {n}\n    return total\n"
    return small.replacing(n, "many.py", body, f"    return a {'-' if bad else '+'} {n}\n")


def test_fixes_apart_from_each_other_need_one_run_together(
    small: SmallRepository, verifier: Verifier, counting: Counting
) -> None:
    said: list[str] = []
    evidence = verifier.verify(small.project, [fix(small, n) for n in range(COUNT)], progress=said.append)
    assert said[COUNT - 1] == "reading the changes, 10 of 10"
    assert any(text.startswith("running the tests with 10 changes; without, they took ") for text in said)
    assert [each.insufficient for each in evidence.values()] == [[]] * COUNT
    assert all(each.control.state is ControlState.PROVED for each in evidence.values())
    assert all(each.coverage.covering_tests == 1 for each in evidence.values())
    assert evidence[3].verified_with == [n for n in range(COUNT) if n != 3]
    # The baseline, the group; one start for its tests with wrong values, with errors and as it is. On a busy machine
    # what did not fit in gets another
    assert counting.runs < COUNT / 2


def test_the_baseline_of_a_commit_is_measured_once_for_each_environment_and_command(
    small: SmallRepository, counting: Counting, verifier: Verifier
) -> None:
    def upgraded(*asked: Any) -> Interpreter:
        return replace(find_interpreter(*asked), digest="another version of some package")

    def runs(with_verifier: Verifier, n: int = 1) -> int:
        before = counting.runs
        assert with_verifier.verify(small.project, [fix(small, n)])[n].insufficient == []
        return counting.runs - before

    elsewhere = Verifier(projects=small, sandbox=counting, home=small.home, find_interpreter=upgraded, mutation_s=0)
    assert [runs(verifier), runs(verifier, 2), runs(elsewhere)] == [3, 2, 3]
    small.project.test_command = f"{QUICK} tests"
    assert [runs(verifier), runs(verifier)] == [3, 2]


def test_one_bad_fix_among_many_is_found_and_the_others_keep_their_evidence(
    small: SmallRepository, verifier: Verifier
) -> None:
    evidence = verifier.verify(small.project, [fix(small, n, bad=n == 5) for n in range(COUNT)])
    good = [each for n, each in evidence.items() if n != 5]
    assert all(each.insufficient == [] and each.tests and each.tests.newly_failed == [] for each in good)
    assert all(5 not in each.verified_with for each in good)
    assert evidence[5].tests is not None
    assert evidence[5].tests.newly_failed == ["tests/test_many.py::test_5"]
    assert evidence[5].verified_with == []


def test_a_fix_that_ends_the_process_does_not_take_the_others_with_it(
    small: SmallRepository, verifier: Verifier
) -> None:
    ending = small.replacing(4, "many.py", "    total = a + 4\n    return total\n", "    raise SystemExit(a + 4)\n")
    hanging = small.replacing(8, "many.py", "    total = a + 8\n", "    import time\n\n    total = time.sleep(999)\n")
    changes = [*(fix(small, n) for n in (1, 2, 3, 9)), ending, hanging]
    evidence = verifier.verify(small.project, changes)
    assert all(evidence[n].insufficient == [] for n in (1, 2, 3, 9))
    assert evidence[4].tests is not None
    assert evidence[4].tests.newly_failed == ["tests/test_many.py::test_4"]
    assert any("time limit" in sentence for sentence in evidence[8].insufficient)


def test_fixes_that_touch_are_verified_apart(small: SmallRepository, verifier: Verifier) -> None:
    first = small.replacing(1, "many.py", "total = a + 1", "total = 1 + a")
    second = small.replacing(2, "many.py", "a + 1\n    return total", "a + 1 + 0\n    return total")
    evidence = verifier.verify(small.project, [first, second])
    assert evidence[1].verified_with == evidence[2].verified_with == []
    assert evidence[1].insufficient == evidence[2].insufficient == []


def test_a_verification_can_be_cancelled(small: SmallRepository, verifier: Verifier) -> None:
    with pytest.raises(Cancelled):
        verifier.verify(small.project, [fix(small, 1)], cancelled=lambda: True)


PAIR = "def left():\n    value = 1\n    return value\n\n\ndef right():\n    value = 1\n    return value\n"
PAIR_TESTS = "import pair\n\n\ndef test_pair():\n    assert pair.left() + pair.right() in (2, 3)\n"


def test_of_two_that_break_something_only_together_the_second_goes_to_a_person(
    tmp_path: Path, counting: Counting
) -> None:
    small = SmallRepository(tmp_path, {"pair.py": PAIR, "tests/test_pair.py": PAIR_TESTS})
    body = "    value = 1\n    return value\n"
    changes = [
        small.replacing(n, "pair.py", f"def {name}():\n{body}", f"def {name}():\n    return 2\n")
        for n, name in enumerate(("left", "right"), 1)
    ]
    evidence = Verifier(projects=small, sandbox=counting, home=small.home).verify(small.project, changes)
    assert evidence[1].insufficient == []
    assert evidence[2].insufficient == ["It passes alone and breaks tests together with proposal 1, which comes first."]
