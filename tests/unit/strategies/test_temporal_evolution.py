"""Series of which it is known what they hold."""

import numpy as np
import pytest
from fakes.graph_snapshots import NOW, Link, Reading, joined, snapshot

from sigma_core.strategies.result import StrategyResult
from sigma_core.strategies.temporal_evolution_analysis import TemporalEvolutionAnalysis
from sigma_core.strategies.trends import held_out, leaps, line, mann_kendall, season, theil_sen

RANDOM = np.random.default_rng()


@pytest.fixture(autouse=True)
def _same_for_each_test_alone_and_among_others() -> None:
    RANDOM.bit_generator.state = np.random.default_rng(7).bit_generator.state


def series(
    slope: float = 0.0, period: int = 0, height: float = 0.0, noise: float = 1.0, length: int = 90
) -> list[float]:
    steps = np.arange(length)
    wave = height * np.sin(2 * np.pi * steps / period) if period else 0.0
    return (20 + slope * steps + wave + RANDOM.normal(0, noise, length)).tolist()


def test_a_rising_and_a_falling_series_are_told_from_one_that_does_neither() -> None:
    assert line(series(slope=0.2)).direction == "increasing"
    assert line(series(slope=-0.2)).direction == "decreasing"
    assert line(series(slope=0.2)).slope == pytest.approx(0.2, abs=0.03)
    flat = [line(series()).direction for _ in range(60)]
    assert flat.count("stable") >= 50


def test_the_figures_are_those_of_scipy() -> None:
    from scipy import stats

    for length in (30, 60, 80):
        values = RANDOM.integers(0, 9, length).tolist()
        assert theil_sen(values) == pytest.approx(stats.theilslopes(values)[0])
        score, _ = mann_kendall(values)
        pairs = sum(np.sign(values[b] - values[a]) for a in range(length) for b in range(a + 1, length))
        assert score == pairs
        tau = stats.kendalltau(range(length), values, method="asymptotic")
        assert mann_kendall(values)[1] == pytest.approx(tau.pvalue, abs=0.06)


@pytest.mark.parametrize("period", [3, 7, 12, 24])
def test_a_season_is_found_with_its_period(period: int) -> None:
    found = season(series(slope=0.1, period=period, height=5.0, length=120), 1)
    assert found is not None
    assert found.period == period
    assert found.chance <= 0.01


def test_where_there_is_no_season_none_is_found() -> None:
    none = [season(series(slope=0.1), seed) for seed in range(60)]
    assert sum(each is not None for each in none) <= 3
    assert season([4.0] * 50, 1) is None
    assert season([1.0, 2.0], 1) is None
    assert season([], 1) is None


def test_a_leap_is_found_and_nothing_else() -> None:
    values = series(slope=0.1, period=7, height=4.0)
    values[40] += 30
    found = leaps(values, line(values), season(values, 1))
    assert found[0][0] == 40 or max(found, key=lambda each: abs(each[1]))[0] == 40
    assert len(found) <= 3


def test_what_can_be_foretold_scores_high_and_what_cannot_low() -> None:
    clear = held_out(series(slope=0.5, period=7, height=6.0, length=120), 1)
    assert clear.trend_accuracy > 0.85
    assert clear.prediction_quality is not None
    assert clear.prediction_quality > 0.6
    turned = [*range(60), *range(60, 30, -2)]
    assert held_out([float(value) for value in turned], 1).trend_accuracy == 0
    assert held_out([3.0] * 40, 1).prediction_quality is None


def about(days: dict[int, int]) -> list[Link]:
    """So many facts about it so many days ago."""
    return [("it", f"thing {day} {number}", "HAS", day + 0.5) for day, count in days.items() for number in range(count)]


def run(links: list[Link], **parameters: object) -> StrategyResult:
    return TemporalEvolutionAnalysis.model_validate({"entity_name": "it", **parameters}).run(Reading(snapshot(links)))


def test_days_without_a_fact_are_counted_as_none() -> None:
    result = run(about({2: 3, 20: 1}), pattern_type="trend")
    values = [value for _, value in result.details["series"]]
    assert (len(values), sum(values), values[-3], values[-21]) == (30, 4, 3, 1)
    assert result.details["series"][-1][0] == NOW.isoformat()
    assert result.metrics["trend_accuracy"].note == "it takes 12 steps, and facts in 5 of them"


def test_a_week_is_counted_by_the_hour() -> None:
    result = run(about({2: 3}), time_window_days=7, pattern_type="trend")
    assert (result.details["step"], len(result.details["series"])) == ("hour", 168)


def test_growth_is_seen_with_its_chance() -> None:
    result = run(about({day: 1 + (40 - day) // 4 for day in range(40)}), time_window_days=40, pattern_type="trend")
    assert result.details["trend"]["direction"] == "increasing"
    assert result.summary.startswith("More and more facts about “it” begin: +0.25 every day")
    accuracy = result.metrics["trend_accuracy"].value
    assert accuracy is not None
    assert accuracy > 0.8


def test_a_weekly_season_is_seen() -> None:
    result = run(
        about({day: 6 if day % 7 == 3 else 1 for day in range(84)}), time_window_days=84, pattern_type="seasonal"
    )
    assert result.details["season"]["period"] == 7
    assert result.summary == "Facts about “it” come again every 7 days."
    none = run(
        about({day: int(RANDOM.integers(0, 5)) for day in range(84)}), time_window_days=84, pattern_type="seasonal"
    )
    assert none.summary == "Facts about “it” have no season in the last 84 days."


def test_evolution_counts_what_holds_and_tells_what_changed() -> None:
    links: list[Link] = [("it", "a", "HAS", 20.0, 5.0), ("it", "b", "HAS", 10.0), ("it", "c", "HAS", 3.0, 6.0)]
    result = run(links)
    values = [value for _, value in result.details["series"]]
    assert (values[0], values[12], values[22], values[-1]) == (0, 1, 2, 1)
    assert [(each["what"], each["fact"]["object"]) for each in result.details["changes"]] == [
        ("ended", "a"),
        ("began", "b"),
        ("began", "a"),
    ]


def test_an_entity_of_which_nothing_is_known_says_so() -> None:
    lone = Reading(snapshot([("a", "b")], alone=["it"]))
    result = TemporalEvolutionAnalysis(entity_name="it").run(lone)
    assert result.summary == "Nothing is known of “it” in the last 30 days."


def test_a_hub_of_a_hundred_thousand_facts_is_answered_in_bounds() -> None:
    star = joined(np.zeros(100_000, np.int32), np.arange(1, 100_001), 100_001)
    result = TemporalEvolutionAnalysis(entity_name="entity 0", time_window_days=730).run(Reading(star))
    assert (len(result.details["series"]), len(result.details["changes"])) == (730, 50)
    assert result.details["series"][-1][1] == 100_000
