"""Freshness is one law in Python and in SQL."""

import math
from datetime import UTC, datetime, timedelta

import pytest
from fakes.knowledge import VALID
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import select, update

from sigma_core.exchange.freshness import freshness, freshness_sql
from sigma_core.exchange.tables import knowledge

NOW = datetime(2026, 3, 4, 5, 6, 7, 891_000, tzinfo=UTC)
AGES_S = [0, 0.5, 60, 3600, 6 * 3600, 86_400 * 3, 86_400 * 40, 86_400 * 4000, -5]


def test_it_is_one_when_new_and_an_eth_after_the_decay_time() -> None:
    assert freshness(NOW, NOW, 60) == 1
    assert freshness(NOW - timedelta(seconds=60), NOW, 60) == pytest.approx(1 / math.e)


@given(age_s=st.floats(-1e6, 1e9), later_s=st.floats(0, 1e6), decay_s=st.floats(1, 1e7))
def test_it_stays_within_bounds_and_never_grows(age_s: float, later_s: float, decay_s: float) -> None:
    then = NOW - timedelta(seconds=age_s)
    first, second = freshness(then, NOW, decay_s), freshness(then, NOW + timedelta(seconds=later_s), decay_s)
    assert 0 <= second <= first <= 1


@pytest.mark.parametrize("age_s", AGES_S)
def test_sql_and_python_agree(bench, age_s: float) -> None:
    for name, payload in VALID.items():
        bench.exchange.publish("operator", name, payload)
    then = NOW - timedelta(seconds=age_s)
    registry = bench.exchange.registry
    with bench.database.transaction() as session:
        session.execute(update(knowledge).values(refreshed_at=then))
        query = select(knowledge.c.type, freshness_sql(knowledge.c.refreshed_at, knowledge.c.type, NOW, registry))
        for name, measured in session.execute(query):
            assert measured == pytest.approx(freshness(then, NOW, registry.decay_s(name)), abs=1e-6)


def test_an_unregistered_type_fades_within_a_day(bench) -> None:
    bench.exchange.publish("operator", "risk_pattern", VALID["risk_pattern"])
    then = NOW - timedelta(days=1)
    with bench.database.transaction() as session:
        session.execute(update(knowledge).values(refreshed_at=then, type="forgotten"))
        query = select(freshness_sql(knowledge.c.refreshed_at, knowledge.c.type, NOW, bench.exchange.registry))
        assert session.execute(query).scalar_one() == pytest.approx(1 / math.e)
