"""Which of two contradicting items stands. Pure rules of values."""

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sigma_core.exchange.digests import claims_differ
from sigma_core.exchange.freshness import freshness
from sigma_core.exchange.payload import ConflictStrategy, Payload

BY_RULE = "rule"


@dataclass(frozen=True)
class Contestant:
    """An item in a conflict, and what speaks for it. `trust` is what recipients' verdicts make of it, 0–1."""

    id: int
    type: str
    data: Mapping[str, Any]
    confidence: float
    refreshed_at: datetime
    decay_s: float
    evidence_count: int
    trust: float = 1.0
    contradicted: bool = False
    """It has lost a conflict before."""


@dataclass(frozen=True)
class ConflictRuling:
    """What a strategy says. Without `winner_id` a person has to decide."""

    strategy: ConflictStrategy
    winner_id: int | None
    standing_weight: float
    challenger_weight: float


def rule(strategy: ConflictStrategy, standing: Contestant, challenger: Contestant, now: datetime) -> ConflictRuling:
    """Weigh both by the strategy; at equal weight the challenger, who spoke last, wins."""
    weigh = _WEIGHTS[strategy]
    old, new = weigh(standing, now), weigh(challenger, now)
    winner = challenger if new >= old else standing
    return ConflictRuling(strategy, None if strategy is ConflictStrategy.MANUAL else winner.id, old, new)


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


@dataclass
class ConflictOutcome:
    """What came of it when contradicting items met."""

    entries: list[dict[str, Any]] = field(default_factory=list)
    """For the ledger of conflicts."""
    lost: set[int] = field(default_factory=set)
    """Items that do not stand."""
    reinstated: set[int] = field(default_factory=set)
    """Items that had lost before, and stand again."""

    @property
    def changed(self) -> set[int]:
        """Items whose state may be another one now."""
        return self.lost | self.reinstated


def meet(
    contestants: Sequence[Contestant],
    challengers: Collection[int],
    kind: type[Payload],
    strategy: ConflictStrategy,
    outcome: ConflictOutcome,
    now: datetime,
) -> None:
    """Let the challengers among the items of one subject meet those that stand; `outcome` gets what comes of it.

    What is new comes before what had lost and is said again.
    """
    standing = [one for one in contestants if one.id not in challengers]
    for challenger in sorted(contestants, key=lambda one: one.contradicted):
        if challenger.id in challengers:
            rivals = [one for one in standing if claims_differ(kind, one.data, challenger.data)]
            rulings = [(rival, rule(strategy, rival, challenger, now)) for rival in rivals]
            standing = _after(challenger, standing, rulings, outcome, now)


def _after(
    challenger: Contestant,
    standing: list[Contestant],
    rulings: Sequence[tuple[Contestant, ConflictRuling]],
    outcome: ConflictOutcome,
    now: datetime,
) -> list[Contestant]:
    """Those that stand after the challenger has met its rivals."""
    defeats = [(rival, ruling) for rival, ruling in rulings if ruling.winner_id == rival.id]
    if defeats and challenger.contradicted:
        return standing
    outcome.entries += (_ledger_entry(challenger, rival, ruling, now) for rival, ruling in defeats or rulings)
    if defeats:
        outcome.lost.add(challenger.id)
        return standing
    beaten = {rival.id for rival, ruling in rulings if ruling.winner_id == challenger.id}
    outcome.lost |= beaten
    outcome.reinstated -= beaten
    if challenger.contradicted:
        outcome.reinstated.add(challenger.id)
    return [*(one for one in standing if one.id not in beaten), challenger]


def _ledger_entry(challenger: Contestant, rival: Contestant, ruling: ConflictRuling, now: datetime) -> dict[str, Any]:
    return {
        "type": challenger.type,
        "standing_id": rival.id,
        "challenger_id": challenger.id,
        "winner_id": ruling.winner_id,
        "strategy": ruling.strategy.value,
        "weights": {"standing": ruling.standing_weight, "challenger": ruling.challenger_weight},
        "decided_by": BY_RULE,
        "created_at": now,
        "decided_at": None if ruling.winner_id is None else now,
    }
