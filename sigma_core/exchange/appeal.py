"""The conflict ledger for people: read, decide, overturn."""

from sqlmodel import Session, col, select

from sigma_core import audit
from sigma_core.clock import Clock
from sigma_core.database import Database
from sigma_core.errors import Invalid, NotFound
from sigma_core.exchange.arguments import (
    MAX_ACTOR,
    MAX_LISTED,
    MAX_REASON,
    identity,
    refuse,
    require_id,
    text,
    whole,
)
from sigma_core.exchange.contest import contradict, reinstate
from sigma_core.exchange.tables import KnowledgeConflict


class Appeals:
    """What a person can do about conflicts."""

    def __init__(self, database: Database, clock: Clock) -> None:
        self._database = database
        self._clock = clock

    def list(self, *, open_only: bool = False, limit: int = 100) -> list[KnowledgeConflict]:
        """Conflicts, newest first."""
        refuse({"limit": whole(limit, 1, MAX_LISTED)})
        query = select(KnowledgeConflict).order_by(col(KnowledgeConflict.id).desc()).limit(limit)
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
            entry = own.get(KnowledgeConflict, require_id("conflict", conflict_id), with_for_update=True)
            if entry is None:
                raise NotFound("conflict", conflict_id)
            winner, loser = _sides(entry, winner_id)
            now = self._clock()
            contradict(own, [loser], now)
            reinstate(own, [winner], now)
            entry.winner_id = winner
            entry.decided_by, entry.reason, entry.decided_at = actor, reason, now
            audit.record(
                own, self._clock, actor=actor, action="settle", object=f"conflict/{conflict_id}", reason=reason
            )
            return entry


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
