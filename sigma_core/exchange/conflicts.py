"""Conflicts: found and decided inside a publisher's transaction; read, decided and overturned by people."""

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import insert, or_, select, update
from sqlmodel import Session

from sigma_core import audit
from sigma_core.clock import Clock
from sigma_core.database import Database
from sigma_core.errors import Conflict, Invalid, NotFound
from sigma_core.exchange import projection
from sigma_core.exchange.arguments import (
    MAX_ACTOR,
    MAX_LISTED,
    MAX_REASON,
    identity,
    refuse,
    text,
    whole,
)
from sigma_core.exchange.conflict_rules import BY_RULE, ConflictOutcome, Contestant, meet
from sigma_core.exchange.delivery import restore, withdraw
from sigma_core.exchange.digests import claims_differ, folded, knowledge_digest
from sigma_core.exchange.freshness import is_over
from sigma_core.exchange.items import trust
from sigma_core.exchange.message import ValidationStatus
from sigma_core.exchange.payload import ConflictStrategy
from sigma_core.exchange.registry import Registry
from sigma_core.exchange.tables import Knowledge, KnowledgeConflict, conflict, knowledge
from sigma_core.identity import row_id


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


class ConflictReview:
    """What a person can do about conflicts."""

    def __init__(self, database: Database, clock: Clock, registry: Registry) -> None:
        self._database = database
        self._clock = clock
        self._registry = registry

    def list(self, *, open_only: bool = False, limit: int = 100, offset: int = 0) -> list[KnowledgeConflict]:
        """Conflicts, newest first."""
        refuse({"limit": whole(limit, 1, MAX_LISTED)})
        query = select(KnowledgeConflict).order_by(conflict.c.id.desc()).limit(limit).offset(offset)
        if open_only:
            query = query.where(conflict.c.winner_id.is_(None))
        with self._database.reading() as session:
            found = list(session.scalars(query))
            session.expunge_all()
            return found

    def settle(
        self,
        conflict_id: int,
        *,
        actor: str,
        reason: str,
        winner_id: int | None = None,
        session: Session | None = None,
    ) -> KnowledgeConflict:
        """Let `winner_id` stand; without it, the one that lost (overturn). Raises `NotFound`, `Invalid`."""
        refuse(
            {
                "conflict_id": identity(conflict_id),
                "actor": text(actor, MAX_ACTOR),
                "reason": text(reason, MAX_REASON),
                "winner": "" if winner_id is None else identity(winner_id),
            }
        )
        with self._database.transaction(session) as own:
            entry = own.get(KnowledgeConflict, row_id("conflict", conflict_id), with_for_update=True)
            if entry is None:
                raise NotFound("conflict", conflict_id)
            winner, loser = _sides(entry, winner_id)
            now = self._clock()
            item = own.get_one(Knowledge, winner)
            if item.subject is not None:
                self._database.lock(own, item.subject)
            self._revive(own, item)
            contradict(own, [loser], now)
            reinstate(own, [winner])
            rivals = self._let_win(own, item, actor, reason, now)
            projection.changed(own, [loser, winner, *rivals], now)
            entry.winner_id = winner
            entry.decided_by, entry.reason, entry.decided_at = actor, reason, now
            audit.record(
                own, self._clock, actor=actor, action="settle", object=f"conflict/{conflict_id}", reason=reason
            )
            return entry

    def _revive(self, session: Session, item: Knowledge) -> None:
        """What was archived when it had lost is to be known again, unless the same has come anew since."""
        if item.archived_at is None or item.type not in self._registry:
            return
        digest = knowledge_digest(self._registry[item.type], folded(item.data), item.project_id)
        copy = session.scalar(select(knowledge.c.id).where(knowledge.c.digest == digest))
        if copy is not None:
            message = f"Message {item.id} is archived; message {copy} says the same: let that one stand."
            raise Conflict(message)
        item.digest = digest
        session.flush()

    def _let_win(self, session: Session, item: Knowledge, actor: str, reason: str, now: datetime) -> Sequence[int]:
        """Whatever else stands against it loses too: a person's word is about the item, not about one rival.

        An item without a subject has no rivals but the one it met.
        """
        if item.subject is None or item.type not in self._registry:
            return []
        kind = self._registry[item.type]
        standing = session.execute(
            select(knowledge.c.id, knowledge.c.data).where(
                knowledge.c.subject == item.subject,
                knowledge.c.id != item.id,
                knowledge.c.validation_status == ValidationStatus.VALID,
                knowledge.c.archived_at.is_(None),
            )
        )
        rivals = [rival.id for rival in standing if claims_differ(kind, rival.data, item.data)]
        if rivals:
            contradict(session, rivals, now)
        session.add_all(
            KnowledgeConflict(
                type=item.type,
                standing_id=rival,
                challenger_id=item.id or 0,
                winner_id=item.id,
                strategy=ConflictStrategy.MANUAL,
                decided_by=actor,
                reason=reason,
                created_at=now,
                decided_at=now,
            )
            for rival in rivals
        )
        return rivals


def _sides(entry: KnowledgeConflict, winner_id: int | None) -> tuple[int, int]:
    """The winner and the loser that a person means."""
    sides = (entry.standing_id, entry.challenger_id)
    if winner_id is None:
        if entry.winner_id is None:
            raise Invalid({"winner": f"conflict {entry.id} is open: name the item that is to stand, one of {sides}"})
        winner_id = sides[0] if entry.winner_id == sides[1] else sides[1]
    if winner_id not in sides:
        raise Invalid({"winner": f"must be one of {sides}"})
    return winner_id, sides[0] if winner_id == sides[1] else sides[1]
