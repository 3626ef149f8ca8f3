"""What is expected of a rule: its own record, then that of projects like it, then that of its family."""

import pytest

from sigma_core.learning.beta_interval import beta_interval
from sigma_core.learning.pooling import PooledRules, RuleTally

TIDY = {"UP031": RuleTally(20, 0), "SIM105": RuleTally(12, 1), "B904": RuleTally(9, 0), "RET505": RuleTally(0, 10)}
OLD = {"UP031": RuleTally(0, 20), "SIM105": RuleTally(1, 12), "B904": RuleTally(0, 9), "RET505": RuleTally(0, 10)}
MANY = {**{f"tidy{n}": TIDY for n in range(3)}, **{f"old{n}": OLD for n in range(3)}}


def test_an_interval_is_that_of_the_beta_distribution() -> None:
    assert beta_interval(1, 1) == (pytest.approx(0.05), pytest.approx(0.95))
    # Of Beta(8, 2), as tables have it
    assert beta_interval(8, 2) == (pytest.approx(0.5709, abs=1e-4), pytest.approx(0.9590, abs=1e-4))
    assert beta_interval(8, 2, 1 - 2 * 0.4362)[0] == pytest.approx(0.8, abs=1e-4)
    assert beta_interval(300, 700, 0.0) == (pytest.approx(0.3, abs=1e-3), pytest.approx(0.3, abs=1e-3))


def test_who_fixes_alike_in_what_is_known_is_believed_in_what_is_not() -> None:
    fresh = {"SIM105": RuleTally(3, 0), "B904": RuleTally(3, 0)}
    pooled = PooledRules({**MANY, "fresh": fresh})
    alike = pooled.resemblances("fresh")
    assert min(alike[f"tidy{n}"] for n in range(3)) > 2 * max(alike[f"old{n}"] for n in range(3))
    prior = pooled.prior("fresh", "UP031")
    assert prior.mean > PooledRules(MANY).prior("unknown", "UP031").mean > 0.3
    assert [each.project[:4] for each in prior.sources[:3]] == ["tidy"] * 3
    assert prior.own_trials == 0


def test_a_project_s_own_record_prevails_once_it_is_long() -> None:
    pooled = PooledRules({**MANY, "odd": {"RET505": RuleTally(200, 0)}})
    assert pooled.prior("odd", "RET505").mean > 0.8
    assert PooledRules(MANY).prior("unknown", "RET505").mean < 0.3


def test_what_nobody_has_met_is_as_its_family() -> None:
    pooled = PooledRules({"one": {"UP001": RuleTally(30, 0), "S101": RuleTally(0, 30)}})
    assert pooled.prior("new", "UP099").mean > 0.6
    assert pooled.prior("new", "S999").mean < 0.5
    assert pooled.prior("new", "XYZ1").mean == pytest.approx(0.5, abs=0.1)


def test_without_any_project_everything_is_open() -> None:
    prior = PooledRules({}).prior("new", "E711")
    assert prior.mean == pytest.approx(0.5)
    assert prior.sources == []
    low, high = beta_interval(prior.fixed, prior.unfixed)
    assert low < 0.5 < high
