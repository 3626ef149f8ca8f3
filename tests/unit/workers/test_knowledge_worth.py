"""What an item that was used turns out to be worth."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sigma_core.workers.knowledge_usage import worth


def test_a_forecast_that_came_true_is_useful_and_a_coins_is_not() -> None:
    assert worth([(0.9, True)]) == (pytest.approx(0.99), "useful")
    assert worth([(0.5, True)]) == (pytest.approx(0.75), "not_useful")


def test_it_takes_three_decisions_to_contradict() -> None:
    assert worth([(0.9, False)] * 2)[1] == "not_useful"
    assert worth([(0.9, False)] * 3)[1] == "contradicted"


def test_a_warning_is_useful_where_the_fix_was_refused() -> None:
    assert worth([(0.1, False)])[1] == "useful"


def test_context_is_as_useful_as_what_was_made_of_it_was_accepted() -> None:
    assert worth([(None, True)]) == (pytest.approx(2 / 3), "useful")
    assert worth([(None, True), (None, False)]) == (0.5, "not_useful")


@given(st.lists(st.tuples(st.none() | st.floats(0, 1), st.booleans()), min_size=1))
def test_a_score_is_a_share(outcomes: list[tuple[float | None, bool]]) -> None:
    assert 0 <= worth(outcomes)[0] <= 1
