"""Something is said only where the interval of the difference leaves zero out."""

import pytest

from sigma_core.experiments.share_difference import Share, difference
from sigma_core.experiments.tables import ExperimentVerdict


@pytest.mark.parametrize(
    ("one", "other", "verdict"),
    [
        (Share(9, 9), Share(0, 9), ExperimentVerdict.OPEN),
        (Share(0, 0), Share(0, 0), ExperimentVerdict.OPEN),
        (Share(10, 20), Share(10, 20), ExperimentVerdict.UNCLEAR),
        (Share(7, 10), Share(5, 10), ExperimentVerdict.UNCLEAR),
    ],
)
def test_too_few_decisions_or_too_small_a_difference_say_nothing(
    one: Share, other: Share, verdict: ExperimentVerdict
) -> None:
    found = difference(one, other)
    assert found.verdict == verdict
    assert verdict == ExperimentVerdict.OPEN or (found.low or 0) <= 0 <= (found.high or 0)


def test_knowledge_that_helps_and_knowledge_that_harms_are_told_apart() -> None:
    helps, harms = difference(Share(18, 20), Share(8, 20)), difference(Share(8, 20), Share(18, 20))
    assert (helps.verdict, harms.verdict) == (ExperimentVerdict.HELPS, ExperimentVerdict.HARMS)
    assert helps.improvement == 0.5 == -harms.improvement
    assert 0 < helps.low < helps.improvement < helps.high


def test_the_difference_is_that_of_the_shares_shown_beside_it_and_lies_in_its_interval() -> None:
    for one, other in ((Share(36, 44), Share(20, 40)), (Share(10, 10), Share(0, 10)), (Share(400, 400), Share(0, 400))):
        found = difference(one, other)
        assert found.improvement == pytest.approx(one.document()["value"] - other.document()["value"], abs=1e-4)
        assert -1 <= found.low < found.improvement <= found.high <= 1


def test_where_one_side_has_no_case_there_is_no_difference() -> None:
    assert difference(Share(3, 4), Share(0, 0)) == difference(Share(0, 0), Share(0, 0))
    assert difference(Share(3, 4), Share(0, 0)).improvement is None
