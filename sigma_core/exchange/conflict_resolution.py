"""Conflicts as they happen, inside a publisher's transaction: found, decided, entered in their ledger."""

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import insert, or_, select, update
from sqlmodel import Session

from sigma_core.exchange.conflict_rules import BY_RULE, ConflictOutcome, Contestant, meet
from sigma_core.exchange.delivery import restore, withdraw
from sigma_core.exchange.freshness import is_over
from sigma_core.exchange.message import ValidationStatus
from sigma_core.exchange.payload import ConflictStrategy
from sigma_core.exchange.registry import Registry
from sigma_core.exchange.tables import conflict, knowledge
from sigma_core.exchange.valuation import trust


class ConflictResolution:
    """Lets knowledge of one subject meet. `strategies` (type → strategy) overrides what the types say."""

    def __init__(self, registry: Registry, strategies: Mapping[str, ConflictStrategy] | None = None) -> None:
        self._registry = registry
        self._strategies = strategies or {}

    def resolve(
        self, session: Session, challengers: Mapping[int, str], again: Sequence[int], now: datetime
    ) -> ConflictOutcome:
        """Let these items (id → subject) meet what stands.

        Those of `again` have lost before and are said again: they stay where they are if a person decided so.
        """
        outcome = ConflictOutcome()
        if again:
            settled = _settled_by_person(session, again)
            challengers = {id_: subject for id_, subject in challengers.items() if id_ not in settled}
        if not challengers:
            return outcome
        for contestants in self._load(session, challengers, now):
            kind = self._registry[contestants[0].type]
            meet(contestants, challengers, kind, self._strategies.get(kind.name, kind.conflict), outcome, now)
        if outcome.entries:
            session.execute(insert(conflict), outcome.entries)
        if outcome.lost:
            contradict(session, outcome.lost, now)
        if outcome.reinstated:
            reinstate(session, outcome.reinstated)
        return outcome

    def _load(self, session: Session, challengers: Mapping[int, str], now: datetime) -> list[list[Contestant]]:
        """Those of each subject that can meet, by id."""
        rows = session.execute(
            select(knowledge)
            .where(
                knowledge.c.subject.in_(set(challengers.values())),
                knowledge.c.archived_at.is_(None),
                or_(
                    knowledge.c.validation_status == ValidationStatus.VALID.value,
                    knowledge.c.id.in_(challengers),
                ),
            )
            .order_by(knowledge.c.id)
        )
        groups = defaultdict(list)
        for row in rows:
            if row.id in challengers or not is_over(row.refreshed_at, self._registry[row.type].life_s(), now):
                groups[row.subject].append(row)
        meeting = [
            group for group in groups.values() if len(group) > 1 or group[0].validation_status != ValidationStatus.VALID
        ]
        trusted = trust(session, [row.id for group in meeting for row in group]) if meeting else {}
        return [[self._contestant(row, trusted[row.id]) for row in group] for group in meeting]

    def _contestant(self, row: Any, trusted: float) -> Contestant:  # noqa: ANN401 (a row)
        kind = self._registry[row.type]
        return Contestant(
            id=row.id,
            type=row.type,
            data=row.data,
            confidence=kind.model_construct(**row.data).certainty(),
            refreshed_at=row.refreshed_at,
            decay_s=kind.decay_s,
            evidence_count=row.evidence_count,
            trust=trusted,
            contradicted=row.validation_status == ValidationStatus.CONTRADICTED.value,
        )


def contradict(session: Session, ids: Collection[int], now: datetime) -> None:
    """These items no longer stand: copies that nobody received are withdrawn."""
    values = {"validation_status": ValidationStatus.CONTRADICTED.value, "contradicted_at": now}
    session.execute(update(knowledge).where(knowledge.c.id.in_(ids)).values(values))
    withdraw(session, ids)


def reinstate(session: Session, ids: Collection[int]) -> None:
    """These items stand again, and their withdrawn copies are delivered."""
    values = {"validation_status": ValidationStatus.VALID.value, "contradicted_at": None, "archived_at": None}
    session.execute(update(knowledge).where(knowledge.c.id.in_(ids)).values(values))
    restore(session, ids)


def _settled_by_person(session: Session, ids: Collection[int]) -> set[int]:
    """Those of these items against which a person decided."""
    rows = session.execute(
        select(conflict.c.standing_id, conflict.c.challenger_id, conflict.c.winner_id).where(
            or_(conflict.c.standing_id.in_(ids), conflict.c.challenger_id.in_(ids)),
            conflict.c.winner_id.is_not(None),
            conflict.c.decided_by != BY_RULE,
        )
    )
    return {id_ for standing, challenger, winner in rows for id_ in (standing, challenger) if id_ != winner}
