"""The whole log of knowledge, read by position: each item once, none left out."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any, NamedTuple

from sqlalchemy import select
from sqlmodel import Session

from sigma_core.exchange.tables import knowledge
from sigma_core.workers.memory import Memory

BATCH = 500
GAP_LIFE = timedelta(hours=2)
"""How long a missing id is waited for: it may belong to a transaction under way, and none of ours is as long."""


class Entry(NamedTuple):
    """An item of the log."""

    id: int
    source: str
    type: str


def unread(session: Session, memory: Memory, limit: int = BATCH) -> Sequence[Entry]:
    """Items after the position, and those that have appeared in the gaps before it, by id."""
    log = memory.get("log", {})
    columns = select(knowledge.c.id, knowledge.c.source, knowledge.c.type).order_by(knowledge.c.id)
    gaps = [int(gap) for gap in log.get("gaps", {})]
    late = session.execute(columns.where(knowledge.c.id.in_(gaps))) if gaps else ()
    new = session.execute(columns.where(knowledge.c.id > log.get("position", 0)).limit(limit))
    return [Entry(*row) for rows in (late, new) for row in rows]


def read_on(memory: Memory, entries: Sequence[Entry], now: datetime) -> Memory:
    """Memory with these entries counted by source and type, the position behind them, and the gaps among them.

    PostgreSQL hands out ids before transactions commit: an id that is missing below one that is there may yet appear.
    """
    log: dict[str, Any] = memory.get("log", {})
    position = log.get("position", 0)
    ids = {entry.id for entry in entries}
    farthest = max([position, *ids])
    missing = {str(id_): now.isoformat() for id_ in range(position + 1, farthest) if id_ not in ids}
    waited = {
        gap: since
        for gap, since in log.get("gaps", {}).items()
        if int(gap) not in ids and now - datetime.fromisoformat(since) < GAP_LIFE
    }
    told: dict[str, int] = {**log.get("told", {})}
    for entry in entries:
        name = f"{entry.source}/{entry.type}"
        told[name] = told.get(name, 0) + 1
    return {**memory, "log": {"position": farthest, "gaps": {**waited, **missing}, "told": told}}
