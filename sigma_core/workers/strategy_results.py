"""What the answers of strategies mean to a worker. Pure rules of values: the one place that knows how results look."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sigma_core.experiments.tables import StrategyRun
from sigma_core.learning.evolution import Evolution, Trend
from sigma_core.state_machine import RunState


@dataclass(frozen=True)
class NamedEntity:
    """An entity in an answer. `figure` is what the strategy says of it: hops, similarity or how odd it is."""

    name: str
    kinds: tuple[str, ...]
    figure: float


def reached(run: StrategyRun) -> list[NamedEntity]:
    """Entities a walk reached, with their hops."""
    return list(_entities(run, "entities", "hops"))


def similar(run: StrategyRun) -> list[NamedEntity]:
    """Entities alike, with their similarity (0–1)."""
    return list(_entities(run, "entities", "similarity"))


def same(run: StrategyRun) -> list[NamedEntity]:
    """Of those alike, the ones that say the same in other words."""
    twins = {each["name"] for each in (run.result or {}).get("entities", ()) if each.get("near_duplicate")}
    return [each for each in similar(run) if each.name in twins]


def mended_alike(run: StrategyRun) -> list[str]:
    """Sentences about functions alike that had fixes, the likest first."""
    return [each["because"] for each in (run.result or {}).get("entities", ()) if each.get("fixes")]


def odd(run: StrategyRun) -> list[NamedEntity]:
    """Entities that stand out, with their score."""
    return list(_entities(run, "found", "score"))


@dataclass(frozen=True)
class ToldAnomaly:
    """Something wrong with the shape of the code. `score`: how far beyond what is usual, in deviations."""

    kind: str
    name: str
    score: float
    because: str


def code_anomalies(run: StrategyRun) -> list[ToldAnomaly]:
    """What is wrong with the shape of the code, the gravest first; nothing where the whole graph was looked at."""
    result = (run.result or {}) if run.status == RunState.SUCCESS else {}
    found = [
        ToldAnomaly(each["anomaly"], each["name"], float(each["score"]), each["because"][0])
        for each in result.get("found", ())
        if "anomaly" in each
    ]
    return found + [
        ToldAnomaly("misplaced module", each["name"], float(each["score"]), each["because"])
        for each in result.get("drift", ())
    ]


def communities(run: StrategyRun) -> list[list[NamedEntity]]:
    """Members of each community, the best connected first."""
    found = (run.result or {}).get("found", [])
    return [[_named_entity(member, "degree") for member in each["members"]] for each in found]


def transferred(run: StrategyRun) -> list[tuple[str, str, float]]:
    """Names of what one domain knows and what is nearest to it in the other, with their similarity (0–1)."""
    pairs = (run.result or {}).get("pairs", [])
    return [(each["pattern"]["name"], each["nearest"]["name"], float(each["similarity"])) for each in pairs]


def churn(run: StrategyRun) -> dict[str, float]:
    """Names of modules, each with its share of all recent changes (0–1)."""
    return {each["name"]: float(each["share"]) for each in (run.result or {}).get("modules", ())}


def course(run: StrategyRun) -> Evolution | None:
    """Where an entity goes by its facts over time, as sure as chance does not show as much; None where it stays."""
    result: Mapping[str, Any] = run.result or {}
    trend = result.get("trend") or {}
    if trend.get("direction") not in (Trend.INCREASING, Trend.DECREASING):
        return None
    return Evolution(Trend(trend["direction"]), 1 - float(trend["chance"]), len(result.get("series", ())))


def explained(run: StrategyRun) -> str | None:
    """The words of an explanation; None where nothing connects the two."""
    return (run.result or {}).get("explanation") if run.status == RunState.SUCCESS else None


def _entities(run: StrategyRun, where: str, figure: str) -> Iterator[NamedEntity]:
    if run.status == RunState.SUCCESS:
        yield from (_named_entity(each, figure) for each in (run.result or {}).get(where, ()))


def _named_entity(each: Mapping[str, Any], figure: str) -> NamedEntity:
    kinds: Sequence[str] = each.get("kinds", ())
    return NamedEntity(each["name"], tuple(kinds), float(each.get(figure) or 0))
