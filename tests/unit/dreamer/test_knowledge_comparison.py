"""Something is said only where the interval of the difference leaves zero out."""

import pytest

from sigma_core.dreamer.comparison import Share, compared


@pytest.mark.parametrize(
    ("one", "other"), [(Share(9, 9), Share(0, 9)), (Share(10, 20), Share(10, 20)), (Share(7, 10), Share(5, 10))]
)
def test_too_few_decisions_or_too_small_a_difference_say_nothing(one: Share, other: Share) -> None:
    assert compared(one, other) is None


def test_knowledge_that_helps_and_knowledge_that_harms_are_told_apart() -> None:
    helps, harms = compared(Share(18, 20), Share(8, 20)), compared(Share(8, 20), Share(18, 20))
    assert helps is not None
    assert harms is not None
    assert (helps.success, harms.success) == (True, False)
    assert helps.improvement == pytest.approx(10 / 22, abs=1e-4) == -harms.improvement
