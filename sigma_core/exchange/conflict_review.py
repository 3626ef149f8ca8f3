"""The conflict ledger for people: read, decide, overturn."""

from collections.abc import Sequence
from datetime import datetime

from sqlmodel import Session, col, select

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
from sigma_core.exchange.conflict_resolution import contradict, reinstate
from sigma_core.exchange.digests import claims_differ, folded, knowledge_digest
from sigma_core.exchange.message import ValidationStatus
from sigma_core.exchange.payload import ConflictStrategy
from sigma_core.exchange.registry import Registry
from sigma_core.exchange.tables import Knowledge, KnowledgeConflict
from sigma_core.identity import row_id


class ConflictReview:
    """What a person can do about conflicts."""

    def __init__(self, database: Database, clock: Clock, registry: Registry) -> None:
        self._database = database
        self._clock = clock
        self._registry = registry

    def list(self, *, open_only: bool = False, limit: int = 100, offset: int = 0) -> list[KnowledgeConflict]:
        """Conflicts, newest first."""
        refuse({"limit": whole(limit, 1, MAX_LISTED)})
        query = select(KnowledgeConflict).order_by(col(KnowledgeConflict.id).desc()).limit(limit).offset(offset)
        if open_only:
            query = query.where(col(KnowledgeConflict.winner_id).is_(None))
        with self._database.reading() as session:
            found = list(session.exec(query))
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
        copy = session.exec(select(Knowledge.id).where(Knowledge.digest == digest)).first()
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
        standing = session.exec(
            select(Knowledge).where(
                Knowledge.subject == item.subject,
                Knowledge.id != item.id,
                Knowledge.validation_status == ValidationStatus.VALID,
                col(Knowledge.archived_at).is_(None),
            )
        )
        rivals = [rival.id for rival in standing if rival.id and claims_differ(kind, rival.data, item.data)]
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
