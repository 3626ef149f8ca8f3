"""Which of two contradicting items stands. Pure rules of values."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sigma_core.exchange.freshness import freshness
from sigma_core.exchange.payload import ConflictStrategy


@dataclass(frozen=True)
class Contestant:
    """An item in a conflict, and what speaks for it. `trust` is what recipients' verdicts make of it, 0–1."""

    id: int
    type: str
    subject: str
    data: Mapping[str, Any]
    confidence: float
    refreshed_at: datetime
    decay_s: float
    evidence_count: int
    trust: float = 1.0
    contradicted: bool = False
    """It has lost a conflict before."""


@dataclass(frozen=True)
class Ruling:
    """What a strategy says. Without `winner_id` a person has to decide."""

    strategy: ConflictStrategy
    winner_id: int | None
    standing_weight: float
    challenger_weight: float


def rule(strategy: ConflictStrategy, standing: Contestant, challenger: Contestant, now: datetime) -> Ruling:
    """Weigh both by the strategy; at equal weight the challenger, who spoke last, wins."""
    weigh = _WEIGHTS[strategy]
    old, new = weigh(standing, now), weigh(challenger, now)
    winner = challenger if new >= old else standing
    return Ruling(strategy, None if strategy is ConflictStrategy.MANUAL else winner.id, old, new)


def evidence_weight(item: Contestant, now: datetime) -> float:
    """Confidence × freshness × evidence count × trust."""
    fresh = freshness(item.refreshed_at, now, item.decay_s)
    return item.confidence * fresh * item.evidence_count * item.trust


_WEIGHTS: dict[ConflictStrategy, Callable[[Contestant, datetime], float]] = {
    ConflictStrategy.NEWEST: lambda item, _now: item.refreshed_at.timestamp(),
    ConflictStrategy.HIGHEST_CONFIDENCE: lambda item, _now: item.confidence,
    ConflictStrategy.EVIDENCE_WEIGHTED: evidence_weight,
    ConflictStrategy.MANUAL: evidence_weight,
}
