"""Forecasts are held against outcomes, and what is made of them holds for those that were not looked at."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from math import fsum
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn.linear_model import LogisticRegression

from sigma_core.proposals.calibration import fitting, shares
from sigma_core.proposals.calibration.fitting import base_rates, cross_fitted, fit
from sigma_core.proposals.calibration.recalibration import IDENTITY, Recalibration, log_odds
from sigma_core.proposals.calibration.scoring import Forecast, brier, scores
from sigma_core.proposals.calibration.shares import OpinionRecord, earned
from sigma_core.proposals.calibration.weights import LEAST_OF_CONFIGURED, MOST, by_record
from sigma_core.proposals.committee import DEFAULT_WEIGHTS

NOW = datetime(2026, 11, 30, tzinfo=UTC)


def forecasts(n: int, *, seed: int = 1, bias: float = 0.3) -> list[Forecast]:
    """Sure by `bias` more than is true."""
    chance = Random(seed)
    made = []
    for line in range(1, n + 1):
        truth = chance.uniform(0.1, 0.7)
        made.append(Forecast(line, truth + bias, chance.random() < truth, NOW + timedelta(hours=line)))
    return made


def test_scores_are_what_their_names_say() -> None:
    said = [Forecast(1, 0.9, True, NOW), Forecast(2, 0.9, True, NOW), Forecast(3, 0.9, False, NOW)]
    found = scores([*said, Forecast(4, 0.2, False, NOW)])
    assert found is not None
    assert (found.n, found.happened) == (4, 2)
    assert found.brier == pytest.approx((0.01 + 0.01 + 0.81 + 0.04) / 4)
    assert found.base_brier == 0.25
    assert [(each.said, each.share, each.n) for each in found.bins] == [(0.2, 0.0, 1), (0.9, 0.6667, 3)]
    assert found.calibration_error == pytest.approx((0.2 + 3 * abs(0.9 - 2 / 3)) / 4, abs=1e-3)
    assert scores([]) is None
    assert scores([Forecast(1, 1.0, False, NOW)]).log_loss < 5  # type: ignore[union-attr]


def test_few_outcomes_leave_a_score_as_it_is_and_more_of_them_move_it_further() -> None:
    assert fit(forecasts(20)).kind == "identity"
    assert fit([replace(each, happened=True) for each in forecasts(100)]).kind == "identity"
    some, more, many = fit(forecasts(60)), fit(forecasts(300)), fit(forecasts(fitting.MANY))
    assert (some.kind, more.kind, many.kind) == ("platt", "platt", "isotonic")
    assert some.share < more.share < many.share
    assert abs(many.of(0.8) - 0.5) < abs(0.8 - 0.5)


def test_what_was_fitted_helps_on_those_it_was_not_fitted_to() -> None:
    said = forecasts(400)
    mended = cross_fitted(said)
    assert brier(mended) < brier(said) - 0.05
    assert brier(mended) < brier(base_rates(said))
    assert [each.line for each in mended] == [each.line for each in said]


def test_nobody_is_judged_by_what_it_was_fitted_to() -> None:
    """An outcome that is turned round changes the curve of the others and not its own."""
    said = forecasts(100)
    other = [replace(each, happened=not each.happened) if each.line == 7 else each for each in said]
    before, after = (next(each.value for each in cross_fitted(all_) if each.line == 7) for all_ in (said, other))
    assert before == after


def test_forecasts_that_know_nothing_gain_nothing() -> None:
    chance = Random(3)
    blind = [Forecast(line, chance.random(), chance.random() < 0.5, NOW) for line in range(300)]
    assert brier(cross_fitted(blind)) > brier(base_rates(blind)) - 0.01
    against = [Forecast(line, 0.9 if line % 2 else 0.1, line % 2 == 0, NOW) for line in range(100)]
    assert fit(against).slope == 0.0


@pytest.mark.parametrize("n", [30, 90, 600])
@pytest.mark.parametrize("bias", [-0.1, 0.0, 0.3])
def test_a_curve_never_falls_and_stays_a_probability(n: int, bias: float) -> None:
    curve = fit(forecasts(n, bias=bias))
    said = [curve.of(step / 50) for step in range(51)]
    assert said == sorted(said)
    assert 0 <= said[0] <= said[-1] <= 1
    assert Recalibration.read(curve.stored()) == curve


@pytest.mark.parametrize("bias", [-0.1, 0.3])
def test_few_outcomes_are_fitted_as_scikit_learn_does(bias: float) -> None:
    said = forecasts(200, bias=bias)
    model = LogisticRegression(C=1 / fitting.RIDGE, tol=1e-9, max_iter=1000)
    model.fit([[log_odds(each.value)] for each in said], [each.happened for each in said])
    assert fit(said).slope == pytest.approx(model.coef_[0][0], abs=1e-4)
    assert fit(said).intercept == pytest.approx(model.intercept_[0], abs=1e-4)


def test_the_same_outcomes_in_any_order_give_the_same_curve_to_the_bit() -> None:
    for n in (80, 600):
        said = forecasts(n)
        shuffled = [*said]
        Random(5).shuffle(shuffled)
        assert fit(said) == fit(shuffled)
    assert fit([]) == IDENTITY


skills = st.fixed_dictionaries({member: st.floats(-1, 1) for member in DEFAULT_WEIGHTS})


@given(skills, st.integers(0, 5000))
def test_weights_add_up_to_one_within_their_bounds(skill: dict[str, float], n: int) -> None:
    weights = by_record(DEFAULT_WEIGHTS, skill, n)
    assert fsum(weights.values()) == pytest.approx(1, abs=1e-5)
    for member, weight in weights.items():
        assert LEAST_OF_CONFIGURED * DEFAULT_WEIGHTS[member] - 1e-5 <= weight <= MOST + 1e-5


def test_a_member_that_foretells_gains_the_more_the_more_is_known() -> None:
    skill = {**dict.fromkeys(DEFAULT_WEIGHTS, 0.0), "tester": 0.2}
    weights = [by_record(DEFAULT_WEIGHTS, skill, n)["tester"] for n in (0, 20, 200, 2000)]
    assert weights == sorted(weights)
    assert weights[0] == pytest.approx(DEFAULT_WEIGHTS["tester"])
    assert weights[-1] > 1.4 * weights[0]


def record(n: int, *, skill: float, confidence: float = 0.9) -> list[OpinionRecord]:
    """Rules that know the rate alone beside a model that knows `skill` of the rest; both sure of themselves."""
    chance, made = Random(9), []
    for line in range(n):
        happened = chance.random() < 0.6
        known = chance.random() < skill
        said = (0.95 if happened else 0.6) if known else chance.choice((0.6, 0.95))
        rule = Forecast(line, chance.choice((0.8, 0.9)), happened, NOW)
        made.append(OpinionRecord(rule, replace(rule, value=said), confidence))
    return made


def test_a_model_earns_its_part_by_its_record_and_not_by_being_sure() -> None:
    assert earned([]) == earned(record(20, skill=1.0)) == shares.PRIOR
    blind = earned(record(400, skill=0.0))
    assert blind < 0.2
    known = [earned(record(n, skill=0.8)) for n in (40, 100, 400)]
    assert known == sorted(known)
    assert known[-1] > 0.6
    assert earned(record(400, skill=0.0, confidence=1.0)) < 0.2
