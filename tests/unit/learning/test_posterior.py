"""What counts of accepted and refused fixes say."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sigma_core.learning.posterior import mean, mostly_accepted, pattern_name, rule_of, trend

COUNTS = st.integers(0, 300)


def test_without_decisions_nothing_is_said_and_acceptance_is_even() -> None:
    assert (mean(0, 0), mostly_accepted(0, 0), trend(0, 0)[0]) == (0.5, 0.5, "unknown")


@given(COUNTS, COUNTS)
def test_what_speaks_for_acceptance_speaks_against_refusal(accepted: int, refused: int) -> None:
    assert mostly_accepted(accepted, refused) == pytest.approx(1 - mostly_accepted(refused, accepted))


@given(COUNTS, COUNTS)
def test_one_more_acceptance_makes_it_more_likely(accepted: int, refused: int) -> None:
    assert mostly_accepted(accepted + 1, refused) >= mostly_accepted(accepted, refused)


@given(COUNTS, COUNTS)
def test_a_trend_is_as_sure_as_a_probability(accepted: int, refused: int) -> None:
    said, confidence = trend(accepted, refused)
    assert 0 <= confidence <= 1
    assert said not in {"accepted", "refused"} or confidence >= 0.8


def test_the_same_share_is_surer_of_more_decisions() -> None:
    assert trend(3, 0) == ("accepted", pytest.approx(15 / 16))
    assert trend(0, 3) == ("refused", pytest.approx(15 / 16))
    assert trend(5, 5)[0] == "mixed"
    assert mostly_accepted(20, 10) > mostly_accepted(2, 1)


def test_a_patterns_name_tells_its_rule() -> None:
    assert rule_of(pattern_name("linter_safe", "E711")) == "E711"
    assert rule_of("by hand") == "by hand"
