"""What to run next: by context, else by what has been of use."""

from collections import Counter
from datetime import UTC, datetime

import pytest

from sigma_core.errors import Forbidden, Invalid
from sigma_core.experiments.recommendation import CONTEXTS, Record, by_success, for_context, recorded
from sigma_core.experiments.strategy_runs import StrategyRuns
from sigma_core.experiments.tables import StrategyRun

NOW = datetime(2026, 1, 1, tzinfo=UTC)


def ended(strategy: str = "echo", value: float | None = None, better: str = "higher", **said: object) -> StrategyRun:
    metrics = {"m": {"value": value, "n": 1, "better": better, "note": None}}
    row = {
        "strategy": strategy,
        "worker": "dream",
        "digest": "",
        "status": "success",
        "requested_by": "ada",
        "queued_at": NOW,
        "metrics": metrics,
    }
    return StrategyRun(**{**row, **said})


def record(*runs: StrategyRun) -> Record:
    return recorded(runs, {"echo": "m"})["echo"]


@pytest.mark.parametrize(("context", "strategy"), CONTEXTS.items())
def test_each_context_has_its_strategy(context: str, strategy: str) -> None:
    assert for_context(context, "think", [strategy]).strategy == strategy
    with pytest.raises(Forbidden):
        for_context(context, "learning", ["another"])


def test_an_unknown_context_lists_the_known() -> None:
    with pytest.raises(Invalid, match="risk_assessment"):
        for_context("weather", "think", ["a"])


def test_what_was_of_use_is_proposed_most_but_not_always() -> None:
    records = {"bad": Record(1, 40), "good": Record(36, 40), "new": Record()}
    drawn = Counter(by_success("dream", records, f"dream/{n}").strategy for n in range(400))
    assert drawn["good"] > 300
    assert drawn["new"] > 10
    assert drawn["bad"] < 5


def test_with_nothing_known_every_strategy_has_its_turn_and_the_same_seed_draws_the_same() -> None:
    records = {name: Record() for name in "abcd"}
    drawn = Counter(by_success("dream", records, f"dream/{n}").strategy for n in range(400))
    assert min(drawn[name] for name in "abcd") > 60
    assert by_success("dream", records, "dream/3") == by_success("dream", records, "dream/3")


def test_the_reason_tells_the_record() -> None:
    reason = by_success("dream", {"only": Record(3, 4)}, "x").reason
    assert "3 of 4" in reason
    assert "67\u202f%" in reason
    with pytest.raises(Forbidden):
        by_success("dream", {}, "x")


def test_a_run_counts_by_its_metric_beside_the_earlier_ones() -> None:
    assert record(ended(value=0.5)) == Record(0, 0)
    assert record(ended(value=0.5), ended(value=0.7)) == Record(1, 1)
    assert record(ended(value=0.5), ended(value=0.7), ended(value=0.6)) == Record(1, 2)
    assert record(ended(value=9, better="lower"), ended(value=3, better="lower")) == Record(1, 1)


def test_what_people_and_workers_made_of_it_goes_before_the_metric() -> None:
    before = ended(value=0.5)
    assert record(before, ended(value=0.1, opened_at=NOW)) == Record(1, 1)
    assert record(before, ended(value=0.1, used_at=NOW)) == Record(1, 1)
    assert record(before, ended(value=0.1, saved=True)) == Record(1, 1)
    assert record(before, ended(value=0.9, saved=True, useful=False)) == Record(0, 1)
    assert record(ended(useful=True)) == Record(1, 1)
    assert record(ended(status="error")) == Record(0, 1)
    assert record(ended(status="cancelled"), ended("unknown", value=1)) == Record(0, 0)


def test_a_worker_is_advised_by_its_own_runs(runs: StrategyRuns) -> None:
    for _ in range(12):
        run = runs.run("echo", "dream", {}, actor="ada")
        runs.record.judge(run.id or 0, useful=True, actor="ada")
        with pytest.raises(ZeroDivisionError):
            runs.run("broken", "dream", {}, actor="ada")
    advice = runs.recommend("dream")
    assert advice.strategy == "echo"
    assert advice == runs.recommend("dream")
    assert advice.records["broken"] == Record(0, 12)
    assert set(runs.recommend("think").records.values()) == {Record()}
