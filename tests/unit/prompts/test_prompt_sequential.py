"""The canary's statistics keep the rates they state, shown by simulation with a fixed seed."""

import math
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sigma_core.prompts.sequential import ERROR, Arm, decide, evidence, next_share

CALLS = 2000
SHARE, MOST = 0.1, 0.5


def simulated(random: Random, baseline: float, candidate: float, share: float = SHARE, most: float = MOST) -> str:
    """What a canary decides within 2 000 calls, looked at after every five."""
    counts = {False: [0, 0], True: [0, 0]}
    then = 0
    for call in range(1, CALLS + 1):
        chosen = random.random() < share
        counts[chosen][random.random() >= (candidate if chosen else baseline)] += 1
        if call % 5 == 0:
            arms = Arm(*counts[False]), Arm(*counts[True])
            if verdict := decide(*arms):
                return verdict
            grown = next_share(share, most, then, *arms)
            share, then = grown, arms[1].calls if grown != share else then
    return "open"


def rate(verdict: str, baseline: float, candidate: float, times: int = 300, **options: float) -> float:
    random = Random(f"{baseline} {candidate} {options}")
    return [simulated(random, baseline, candidate, **options) for _ in range(times)].count(verdict) / times


@pytest.mark.parametrize("share", [0.5, 0.9, 0.99])
def test_equal_versions_are_wrongly_decided_at_most_as_often_as_stated(share: float) -> None:
    assert 1 - rate("open", share, share) <= ERROR


def test_a_much_worse_candidate_is_rolled_back() -> None:
    assert rate("worse", 0.9, 0.7) >= 0.95


def test_a_better_candidate_is_promoted() -> None:
    assert rate("better", 0.8, 0.9) >= 0.90


def test_a_slightly_worse_candidate_is_not_promoted() -> None:
    assert rate("better", 0.9, 0.88, times=150) <= ERROR


@given(st.integers(0, 500), st.integers(0, 500), st.integers(0, 500), st.integers(0, 500))
def test_evidence_does_not_depend_on_which_is_which(a: int, b: int, c: int, d: int) -> None:
    assert math.isclose(evidence(Arm(a, b), Arm(c, d)), evidence(Arm(c, d), Arm(a, b)), abs_tol=1e-9)
    assert math.isclose(evidence(Arm(a, b), Arm(c, d)), evidence(Arm(b, a), Arm(d, c)), abs_tol=1e-9)


def test_equal_versions_exceed_the_bound_no_more_than_stated_exactly() -> None:
    """All sequences of ten calls at one share, arms taken in turn: the exact probability, not a sample."""

    def crossed(p: float, arms: tuple[Arm, Arm], left: int, bound: float) -> float:
        if evidence(*arms) >= bound:
            return 1.0
        if not left:
            return 0.0
        chosen = left % 2
        total = 0.0
        for good, weight in ((1, p), (0, 1 - p)):
            moved = Arm(arms[chosen].good + good, arms[chosen].bad + 1 - good)
            total += weight * crossed(p, (moved, arms[1]) if not chosen else (arms[0], moved), left - 1, bound)
        return total

    for p in (0.1, 0.5, 0.9):
        assert crossed(p, (Arm(), Arm()), 12, math.log(2)) <= 0.5
        assert crossed(p, (Arm(), Arm()), 12, math.log(5)) <= 0.2


def test_a_share_grows_while_nothing_speaks_against_it_and_never_shrinks() -> None:
    assert next_share(0.1, 0.5, 0, Arm(90, 10), Arm(18, 2)) == 0.2
    assert next_share(0.1, 0.5, 10, Arm(90, 10), Arm(18, 2)) == 0.1
    assert next_share(0.4, 0.5, 0, Arm(90, 10), Arm(18, 2)) == 0.5
    assert next_share(0.4, 0.5, 0, Arm(95, 5), Arm(5, 15)) == 0.4
