"""Keeps the index in step with its originals: whatever changed since the last look is read again."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import delete, func, insert, select, text
from sqlmodel import Session

from sigma_core.database import Database
from sigma_core.recall.source import Document, Source
from sigma_core.recall.tables import document, word
from sigma_core.recall.words import words

OVERLAP = timedelta(hours=2)
"""Looked at again each time: a row is stamped before its transaction commits, and no transaction of ours is as long."""
BATCH = 200
_ADVISORY_LOCK = 6_021_998_402


class Index:
    """Documents and their words."""

    def __init__(self, database: Database, sources: Sequence[Source]) -> None:
        self._database = database
        self._sources = sources

    def catch_up(self) -> int:
        """Read what is new or has changed; returns how many documents. Takes no write lock if there is nothing."""
        with self._database.reading() as session:
            if not any(_stale(session, source) for source in self._sources):
                return 0
        with self._database.transaction() as session:
            if not self._database.is_sqlite:
                session.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": _ADVISORY_LOCK})
            return sum(_renew(session, source, _stale(session, source)) for source in self._sources)


def _stale(session: Session, source: Source) -> list[int]:
    """Keys whose documents are missing or older than their originals."""
    of_kind = document.c.kind == source.kind
    last: datetime | None = session.execute(select(func.max(document.c.stamp)).where(of_kind)).scalar()
    since = last - OVERLAP if last else None
    changed = source.changed(session, since)
    if not changed:
        return []
    indexed = select(document.c.key, document.c.stamp).where(of_kind)
    if since:
        indexed = indexed.where(document.c.stamp >= since)
    known = {row.key: row.stamp for row in session.execute(indexed)}
    return [key for key, stamp in changed.items() if known.get(key) != stamp]


def _renew(session: Session, source: Source, keys: Sequence[int]) -> int:
    for start in range(0, len(keys), BATCH):
        some = keys[start : start + BATCH]
        _forget(session, source.kind, some)
        _add(session, source.kind, source.documents(session, some))
    return len(keys)


def _forget(session: Session, kind: str, keys: Sequence[int]) -> None:
    old = select(document.c.id).where(document.c.kind == kind, document.c.key.in_(keys))
    session.execute(delete(word).where(word.c.document_id.in_(old)))
    session.execute(delete(document).where(document.c.kind == kind, document.c.key.in_(keys)))


def _add(session: Session, kind: str, found: Sequence[Document]) -> None:
    if not found:
        return
    counted = {one.key: words(one.text) for one in found}
    rows = [_row(kind, one, counted[one.key].total()) for one in found]
    ids = session.execute(insert(document).returning(document.c.id, document.c.key), rows).all()
    occurrences = [
        {"word": spelling, "document_id": row.id, "occurrences": number}
        for row in ids
        for spelling, number in counted[row.key].items()
    ]
    if occurrences:
        session.execute(insert(word), occurrences)


def _row(kind: str, one: Document, length: int) -> dict[str, Any]:
    return {
        "kind": kind,
        "key": one.key,
        "project_id": one.project_id,
        "source": one.source,
        "text": one.text,
        "words": length,
        "stamp": one.stamp,
        "recorded_at": one.recorded_at,
        "decay_s": one.decay_s,
    }
