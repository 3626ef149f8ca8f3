"""Conflicts as they happen, inside a publisher's transaction: found, decided by rules of values, entered in their
ledger."""

from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import insert, or_, select, update
from sqlmodel import Session

from sigma_core.exchange import projection
from sigma_core.exchange.canonical import claims_differ
from sigma_core.exchange.delivery import restore, withdraw
from sigma_core.exchange.duplicates import is_over
from sigma_core.exchange.freshness import freshness
from sigma_core.exchange.message import ValidationStatus
from sigma_core.exchange.payload import ConflictStrategy
from sigma_core.exchange.registry import Registry
from sigma_core.exchange.tables import conflict, knowledge
from sigma_core.exchange.valuation import trust

BY_RULE = "rule"


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


class ConflictResolution:
    """Lets knowledge of one subject meet. `strategies` (type → strategy) overrides what the types say."""

    def __init__(self, registry: Registry, strategies: Mapping[str, ConflictStrategy] | None = None) -> None:
        self._registry = registry
        self._strategies = strategies or {}

    def meet(self, session: Session, challengers: Mapping[int, str], now: datetime) -> set[int]:
        """Let these items (id → subject), new or confirmed, meet what stands. Returns the ids of those that lost."""
        lost: set[int] = set()
        for contestants in _by_subject(self._load(session, challengers, now)).values():
            standing = [one for one in contestants if one.id not in challengers]
            for challenger in (one for one in contestants if one.id in challengers):
                if self._stands(session, challenger, standing, now):
                    standing.append(challenger)
                else:
                    lost.add(challenger.id)
        return lost

    def reconsider(self, session: Session, knowledge_id: int, subject: str, now: datetime) -> None:
        """Let an item that once lost meet what stands again, unless a person decided against it."""
        settled_by_person = select(conflict.c.id).where(
            or_(conflict.c.standing_id == knowledge_id, conflict.c.challenger_id == knowledge_id),
            conflict.c.winner_id != knowledge_id,
            conflict.c.decided_by != BY_RULE,
        )
        if session.execute(settled_by_person).first() is None:
            self.meet(session, {knowledge_id: subject}, now)

    def _stands(self, session: Session, challenger: Contestant, standing: list[Contestant], now: datetime) -> bool:
        """Does it hold its own? Those it beats leave `standing`."""
        kind = self._registry[challenger.type]
        strategy = self._strategies.get(challenger.type, kind.conflict)
        rivals = [one for one in standing if claims_differ(kind, one.data, challenger.data)]
        rulings = [(rival, rule(strategy, rival, challenger, now)) for rival in rivals]
        defeats = [(rival, ruling) for rival, ruling in rulings if ruling.winner_id == rival.id]
        if defeats and challenger.contradicted:
            return False
        _enter(session, challenger, defeats or rulings, now)
        if defeats:
            contradict(session, [challenger.id], now)
            return False
        beaten = [rival.id for rival, ruling in rulings if ruling.winner_id == challenger.id]
        if beaten:
            contradict(session, beaten, now)
        if challenger.contradicted:
            reinstate(session, [challenger.id], now)
        standing[:] = [one for one in standing if one.id not in beaten]
        return True

    def _load(self, session: Session, challengers: Mapping[int, str], now: datetime) -> list[Contestant]:
        rows = session.execute(
            select(knowledge)
            .where(
                knowledge.c.subject.in_(set(challengers.values())),
                knowledge.c.archived_at.is_(None),
                or_(knowledge.c.validation_status == ValidationStatus.VALID.value, knowledge.c.id.in_(challengers)),
            )
            .order_by(knowledge.c.id)
        ).all()
        rows = [row for row in rows if row.id in challengers or not self._is_over(row, now)]
        if len(rows) == 1 and rows[0].validation_status == ValidationStatus.VALID.value:
            return []
        trusted = trust(session, [row.id for row in rows])
        return [self._contestant(row, trusted[row.id]) for row in rows]

    def _is_over(self, row: Any, now: datetime) -> bool:  # noqa: ANN401 (a row)
        return is_over(row.refreshed_at, self._registry[row.type].life_s(), now)

    def _contestant(self, row: Any, trusted: float) -> Contestant:  # noqa: ANN401 (a row)
        kind = self._registry[row.type]
        return Contestant(
            id=row.id,
            type=row.type,
            subject=row.subject,
            data=row.data,
            confidence=kind.model_construct(**row.data).certainty(),
            refreshed_at=row.refreshed_at,
            decay_s=kind.decay_s,
            evidence_count=row.evidence_count,
            trust=trusted,
            contradicted=row.validation_status == ValidationStatus.CONTRADICTED.value,
        )


def contradict(session: Session, ids: Sequence[int], now: datetime) -> None:
    """These items no longer stand: copies that nobody received are withdrawn."""
    values = {"validation_status": ValidationStatus.CONTRADICTED.value, "contradicted_at": now}
    session.execute(update(knowledge).where(knowledge.c.id.in_(ids)).values(values))
    withdraw(session, ids)
    projection.changed(session, ids, now)


def reinstate(session: Session, ids: Sequence[int], now: datetime) -> None:
    """These items stand again, and their withdrawn copies are delivered."""
    values = {"validation_status": ValidationStatus.VALID.value, "contradicted_at": None, "archived_at": None}
    session.execute(update(knowledge).where(knowledge.c.id.in_(ids)).values(values))
    restore(session, ids)
    projection.changed(session, ids, now)


def _by_subject(contestants: Sequence[Contestant]) -> dict[str, list[Contestant]]:
    groups = defaultdict(list)
    for one in contestants:
        groups[one.subject].append(one)
    return groups


def _enter(
    session: Session, challenger: Contestant, rulings: Sequence[tuple[Contestant, ConflictRuling]], now: datetime
) -> None:
    rows = [
        {
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
        for rival, ruling in rulings
    ]
    if rows:
        session.execute(insert(conflict), rows)
