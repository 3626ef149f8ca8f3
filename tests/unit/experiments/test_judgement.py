"""The sequential test of experiments by lot: its error rate holds under Thompson sampling, in worlds that drift too."""

from collections.abc import Callable, Sequence
from functools import cache
from math import pi, sin
from random import Random

import pytest

from sigma_core.experiments.allocation import (
    BASELINE_FLOOR,
    CANDIDATE_FLOOR,
    MOST_BY_RISK,
    drawn_arm,
    shares,
    watched_shares,
)
from sigma_core.experiments.judgement import (
    ERROR,
    HARM_ERROR,
    SettledUnit,
    counts,
    evidence,
    evidence_of_late_harm,
    needed,
)
from sigma_core.prompts import sequential
from sigma_core.prompts.sequential import Arm

SEEDS, UNITS, LOOK_EVERY = 100, 120, 20

World = Callable[[int, int], float]
"""How probably a unit goes well: (its number, its arm)."""


@cache
def experiment(world: World, seed: int, arms: int = 2) -> Sequence[SettledUnit]:
    """One experiment from its first unit to its last."""
    random, units = Random(seed), list[SettledUnit]()
    current = shares([Arm()] * arms, "low")
    for number in range(1, UNITS + 1):
        arm = drawn_arm(current, random.random())
        units.append(SettledUnit(arm, random.random() < world(number, arm), current))
        if number % LOOK_EVERY == 0:
            current = shares(counts(units, arms), "low")
    return units


def decided(world: World, question: str, error: float, arms: int = 2) -> float:
    """Of many experiments the share in which an arm is said to do better (or worse) than the baseline at any time."""
    found = (
        max(evidence(experiment(world, seed, arms), arm, question) for arm in range(1, arms)) for seed in range(SEEDS)
    )
    return sum(each >= needed(arms - 1, error) for each in found) / SEEDS


def nothing(_number: int, _arm: int) -> float:
    return 0.5


def drift(number: int, _arm: int) -> float:
    return 0.1 + 0.8 * number / UNITS


def waves(number: int, _arm: int) -> float:
    return 0.5 + 0.45 * sin(2 * pi * number / 60)


@pytest.mark.parametrize("world", [nothing, drift, waves])
def test_what_does_nothing_is_hardly_ever_promoted_however_often_one_looks(world: World) -> None:
    assert decided(world, "better", ERROR) <= ERROR
    assert decided(world, "worse", HARM_ERROR) <= HARM_ERROR


def test_of_several_candidates_that_do_nothing_hardly_ever_any_is_promoted() -> None:
    assert decided(drift, "better", ERROR, arms=4) <= ERROR


def test_what_harms_is_never_said_to_help() -> None:
    assert decided(lambda number, arm: drift(number, arm) * (0.6 if arm else 1), "better", ERROR) == 0


@pytest.mark.parametrize("world", [nothing, drift])
def test_what_still_does_no_harm_is_hardly_ever_taken_back(world: World) -> None:
    taken_back = [evidence_of_late_harm(experiment(world, seed, 2), 1, 12) >= needed(1) for seed in range(SEEDS)]
    assert sum(taken_back) / SEEDS <= ERROR


def test_harm_that_begins_late_is_found_although_all_went_well_before() -> None:
    def world(number: int, arm: int) -> float:
        return 0.9 if (number < UNITS / 2) == bool(arm) else 0.1

    found = [evidence_of_late_harm(experiment(world, seed, 2), 1, 12) >= needed(1) for seed in range(20)]
    assert sum(found) >= 18


def test_what_helps_and_what_harms_is_found() -> None:
    assert decided(lambda _, arm: 0.8 if arm else 0.4, "better", ERROR) > 0.8
    assert decided(lambda _, arm: 0.4 if arm else 0.8, "worse", HARM_ERROR) > 0.8


def test_a_clear_difference_takes_a_dozen_units() -> None:
    units = [SettledUnit(at % 2, bool(at % 2), (0.5, 0.5)) for at in range(12)]
    assert evidence(units, 1, "better") > needed(1)
    assert evidence(units, 1, "worse") == 0


def test_a_trend_is_no_effect_even_where_shares_follow_it() -> None:
    """First all goes badly and the baseline has most units, then all goes well and the candidate has."""
    random = Random(1)
    units = []
    for number in range(200):
        share = 0.1 if number < 100 else 0.9
        arm = int(random.random() < share)
        units.append(SettledUnit(arm, random.random() < (0.1 if number < 100 else 0.9), (1 - share, share)))
    assert sequential.decide(*counts(units, 2)) == "better", "which the pooled test of canaries takes for an effect"
    assert evidence(units, 1, "better") < needed(1)


def test_guard_rails_hold_whatever_is_known() -> None:
    for arms in ([Arm(0, 40), Arm(40, 0)], [Arm(40, 0), Arm(0, 40)], [Arm(0, 40), Arm(40, 0), Arm(39, 1)]):
        for risk, most in MOST_BY_RISK.items():
            found = shares(arms, risk)
            assert found[0] >= BASELINE_FLOOR
            assert sum(found[1:]) <= most + 1e-6
            assert sum(found) == pytest.approx(1)
            if risk == "low":
                assert all(share >= CANDIDATE_FLOOR - 1e-6 for share in found)


def test_the_better_arm_gets_more_and_a_stopped_one_nothing() -> None:
    assert shares([Arm(5, 35), Arm(35, 5)], "low") == [0.2, 0.8]
    assert shares([Arm(35, 5), Arm(5, 35)], "low")[0] > 0.85
    assert shares([Arm(20, 20), None, Arm(20, 20)], "low")[1] == 0
    assert shares([Arm(), None], "low") == [1, 0]
    assert shares([Arm(3, 3), Arm(5, 0)], "low") == [0.5, 0.5], "a pilot first"
    assert watched_shares(3, 2) == [0.1, 0.0, 0.9]
    assert [drawn_arm([0.2, 0.0, 0.8], chance) for chance in (0.0, 0.19, 0.2, 0.99, 1.0)] == [0, 0, 2, 2, 2]
