"""What the answers of strategies mean to a worker. Pure rules of values: the one place that knows how results look."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sigma_core.experiments.tables import RunStatus, StrategyRun
from sigma_core.learning.evolution import Course, Evolution

ISSUE_TYPE, PATTERN = "issue_type", "pattern"


@dataclass(frozen=True)
class Named:
    """An entity in an answer. `figure` is what the strategy says of it: hops, similarity or how odd it is."""

    name: str
    kinds: tuple[str, ...]
    figure: float


def reached(run: StrategyRun) -> list[Named]:
    """Entities a walk reached, with their hops."""
    return list(_entities(run, "entities", "hops"))


def similar(run: StrategyRun) -> list[Named]:
    """Entities alike, with their similarity (0–1)."""
    return list(_entities(run, "entities", "similarity"))


def odd(run: StrategyRun) -> list[Named]:
    """Entities that stand out, with their score."""
    return list(_entities(run, "anomalies", "score"))


def communities(run: StrategyRun) -> list[list[Named]]:
    """Members of each community."""
    found = (run.result or {}).get("communities", [])
    return [[_named(member, "degree") for member in each["members"]] for each in found]


def transferred(run: StrategyRun) -> list[tuple[str, str, float]]:
    """Names of what one domain knows and what it is like in the other, with their similarity (0–1)."""
    return [
        (each["source"]["name"], each["target"]["name"], float(each["similarity"]))
        for each in (run.result or {}).get("transfers", [])
    ]


def course(run: StrategyRun) -> Evolution | None:
    """Where an entity goes by its facts over time; None where that is not told from chance."""
    trend: Mapping[str, Any] = (run.result or {}).get("trend") or {}
    if not trend.get("significant"):
        return None
    said = {"rising": Course.INCREASING, "falling": Course.DECREASING}.get(trend.get("direction", ""))
    return Evolution(said, 1 - float(trend["p_value"]), int(trend["n"])) if said else None


def explained(run: StrategyRun) -> str | None:
    """The words of an explanation."""
    return run.summary if run.status == RunStatus.SUCCESS and run.result else None


def _entities(run: StrategyRun, where: str, figure: str) -> Iterator[Named]:
    if run.status == RunStatus.SUCCESS:
        yield from (_named(each, figure) for each in (run.result or {}).get(where, ()))


def _named(each: Mapping[str, Any], figure: str) -> Named:
    kinds: Sequence[str] = each.get("kinds", ())
    return Named(each["name"], tuple(kinds), float(each.get(figure) or 0))
