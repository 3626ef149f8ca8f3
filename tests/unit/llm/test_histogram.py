"""The latency histogram: mergeable, packed, and within one percent of the exact percentile."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sigma_core.llm import histogram

LATENCIES = st.lists(st.integers(0, 3_600_000), min_size=1, max_size=200)


def of(latencies: list[int]) -> int:
    return sum(histogram.one(latency) for latency in latencies)


def exact(latencies: list[int], share: float) -> int:
    return sorted(latencies)[max(1, math.ceil(share * len(latencies))) - 1]


@given(LATENCIES, st.sampled_from([0.01, 0.5, 0.9, 0.95, 0.99, 1.0]))
def test_a_percentile_is_within_one_percent_of_the_exact_one(latencies: list[int], share: float) -> None:
    (found,) = histogram.percentiles(of(latencies), [share])
    assert found == pytest.approx(exact(latencies, share), rel=0.01)


@given(LATENCIES, LATENCIES)
def test_histograms_of_two_days_merge_into_that_of_both(one: list[int], other: list[int]) -> None:
    merged = histogram.unpack(histogram.pack(of(one))) + histogram.unpack(histogram.pack(of(other)))
    assert merged == of(one + other)


def test_nothing_recorded_has_no_percentile_and_takes_no_room() -> None:
    assert histogram.percentiles(0, [0.5]) == [None]
    assert histogram.pack(0) == b""
    assert histogram.unpack(b"") == 0


def test_latencies_of_one_size_take_little_room_however_many() -> None:
    assert len(histogram.pack(of([2000 + n % 500 for n in range(10_000)]))) < 80


@given(LATENCIES)
def test_doublings_hold_every_call_where_it_belongs(latencies: list[int]) -> None:
    found = histogram.by_doubling(of(latencies))
    assert sum(calls for _, calls in found) == len(latencies)
    assert all(calls for _, calls in (found[0], found[-1]))
    assert [most for most, _ in found] == [found[0][0] * 2**place for place in range(len(found))]
    # A bucket's middle may lie 0.8 % beyond a border that a latency is just below
    assert min(latencies) * 0.99 <= found[0][0]
    assert found[-1][0] < max(1, *latencies) * 2 * 1.01


def test_no_calls_have_no_doublings() -> None:
    assert histogram.by_doubling(0) == []
