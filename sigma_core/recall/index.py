"""Keeps the index in step with its originals: whatever changed since the last look is read again."""

import time
from collections import defaultdict
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy import bindparam, delete, exists, func, insert, select
from sqlmodel import Session

from sigma_core.database import Database
from sigma_core.graph.embeddings import store
from sigma_core.prepared import Prepared, moment, one_of, read_moment
from sigma_core.recall import entity_index
from sigma_core.recall.bm25 import impact, total
from sigma_core.recall.source import Document, DocumentSource
from sigma_core.recall.tables import document, mention, word
from sigma_core.recall.words import words

OVERLAP = timedelta(hours=2)
"""Looked at again each time: a row is stamped before its transaction commits, and no transaction of ours is as long."""
EVER = datetime(1970, 1, 1, tzinfo=UTC)
AT_ONCE = 200
"""Documents that are renewed in one transaction."""
PAUSE_S = 0.12
"""Between two of them: whoever waits for SQLite's write lock looks for it every tenth of a second."""
_WORD = Prepared(insert(word).inline().values({name: bindparam(name) for name in ("word", "document_id", "impact")}))


class Index:
    """Documents, their words, and the entities they speak of."""

    def __init__(self, database: Database, sources: Sequence[DocumentSource]) -> None:
        self._database = database
        self._watches = [_Watch(source) for source in sources]

    def catch_up(self) -> int:
        """Read what is new or has changed; returns how many documents. Takes no write lock if there is nothing."""
        with self._database.reading() as session:
            stale = [(watch, watch.stale(session)) for watch in self._watches]
        return sum(self._renew(watch, keys) for watch, keys in stale)

    def _renew(self, watch: "_Watch", stale: Sequence[int]) -> int:
        done = 0
        for start in range(0, len(stale), AT_ONCE):
            # Some at a time: nobody else writes meanwhile
            if start:
                time.sleep(PAUSE_S)
            with self._database.transaction() as session:
                self.lock(session)
                done += _renew(session, watch.source, watch.still_stale(session, stale[start : start + AT_ONCE]))
        return done

    def lock(self, session: Session) -> None:
        """Let nobody else change the index until the transaction ends: ids of rows follow the order of commits."""
        self._database.lock(session, "recall index")


class _Watch:
    """Tells which documents of a source are missing or older than their originals."""

    def __init__(self, source: DocumentSource) -> None:
        self.source = source
        of_kind = document.c.kind == source.kind
        original = source.stamps().subquery()
        same = exists().where(of_kind, document.c.key == original.c.key, document.c.stamp == original.c.stamp)
        # The oldest first: what an end in between leaves out is newer than what is there
        stale = select(original.c.key).where(~same).order_by(original.c.stamp, original.c.key)
        self._settled: tuple[int, int] | None = None
        self._count = Prepared(select(func.count()).where(of_kind))
        self._newest = Prepared(select(func.max(document.c.stamp)).where(of_kind))
        self._since = Prepared(stale.where(original.c.stamp >= bindparam("since")))
        self._among = Prepared(stale.where(one_of(original.c.key, "keys")))

    def stale(self, session: Session) -> list[int]:
        """The keys of originals whose documents are out of date."""
        if (originals := self.source.unchanging(session)) is not None:
            counted = (originals, total(session))
            if counted == self._settled or self._count.rows(session, {}) == [(originals,)]:
                self._settled = counted
                return []
        ((newest,),) = self._newest.rows(session, {})
        since = read_moment(newest) - OVERLAP if newest else EVER
        return [key for (key,) in self._since.rows(session, {"since": moment(session, since)})]

    def still_stale(self, session: Session, keys: Sequence[int]) -> list[int]:
        """Those of these keys whose documents are still out of date."""
        return [key for (key,) in self._among.rows(session, {"keys": keys})]


def _renew(session: Session, source: DocumentSource, keys: Sequence[int]) -> int:
    if keys:
        _forget(session, source.kind, keys)
        _add(session, source.kind, source.documents(session, keys))
    return len(keys)


def _forget(session: Session, kind: str, keys: Sequence[int]) -> None:
    of_these = (document.c.kind == kind, document.c.key.in_(keys))
    old = session.execute(select(document.c.id).where(*of_these)).scalars().all()
    if old:
        for table in (word, mention):
            session.execute(delete(table).where(table.c.document_id.in_(old)))
        session.execute(delete(document).where(*of_these))


def _add(session: Session, kind: str, found: Sequence[Document]) -> None:
    if not found:
        return
    text_ids = store.enter(session, (one.text for one in found))
    rows = [_row(kind, one, text_ids[one.text]) for one in found]
    made = session.execute(insert(document).returning(document.c.id, document.c.key), rows)
    ids: dict[int, int] = {row.key: row.id for row in made}
    _WORD.run_many(session, (row for one in found for row in _words(ids[one.key], one)))
    entity_index.enter(session, {ids[one.key]: one.entities for one in found})


def _words(document_id: int, one: Document) -> Iterator[dict[str, Any]]:
    counted, length = defaultdict[str, float](float), 0.0
    for part in one.searched():
        found = words(part.text)
        length += part.length * found.total()
        for spelling, number in found.items():
            counted[spelling] += part.weight * number
    for spelling, weight in counted.items():
        yield {"word": spelling, "document_id": document_id, "impact": impact(weight, length)}


def _row(kind: str, one: Document, text_id: int) -> dict[str, Any]:
    return {
        "kind": kind,
        "key": one.key,
        "project_id": one.project_id,
        "source": one.source,
        "text_id": text_id,
        "stamp": one.stamp,
        "recorded_at": one.recorded_at,
        "decay_s": one.decay_s,
    }
