"""Entering texts, and the vectors that are made of them."""

import hashlib
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, Row, bindparam, delete, exists, func, insert, select
from sqlmodel import Session

from sigma_core.database import Database
from sigma_core.graph.embeddings.embedder import Embedder, Matrix
from sigma_core.graph.embeddings.tables import texts, vectors
from sigma_core.prepared import Prepared, one_of

AT_ONCE = 500
_KNOWN = Prepared(select(texts.c.digest, texts.c.id).where(one_of(texts.c.digest, "digests")))
_ENTER = Prepared(insert(texts).inline().values(digest=bindparam("digest"), text=bindparam("text")))
_PUT = Prepared(
    insert(vectors).inline().values({name: bindparam(name) for name in ("text_id", "model_id", "dim", "vector")})
)


@dataclass(frozen=True)
class VectorFigures:
    """How far the vectors are behind the texts."""

    model_id: str
    texts: int
    made: int

    @property
    def waiting(self) -> int:
        """Texts without a vector of this model."""
        return self.texts - self.made


def digest(text: str) -> str:
    """Names a text."""
    return hashlib.blake2b(text.encode(), digest_size=16).hexdigest()


def enter(session: Session, wanted: Iterable[str]) -> dict[str, int]:
    """The ids of these texts, entered where they were not known. One at a time: the caller holds a lock."""
    by_digest = {digest(text): text for text in wanted}
    ids = known_digests(session, list(by_digest))
    fresh = [{"digest": key, "text": text} for key, text in by_digest.items() if key not in ids]
    if fresh:
        _ENTER.run_many(session, fresh)
        ids |= known_digests(session, [row["digest"] for row in fresh])
    return {text: ids[key] for key, text in by_digest.items()}


def known_digests(session: Session, digests: Sequence[str]) -> dict[str, int]:
    """Ids of texts by digest; those that were never entered are left out."""
    found: dict[str, int] = {}
    for start in range(0, len(digests), AT_ONCE):
        found.update(_KNOWN.rows(session, {"digests": list(digests[start : start + AT_ONCE])}))
    return found


def missing(session: Session, model_id: str, after: int, limit: int, wanted: ColumnElement[bool]) -> Sequence[Row[Any]]:
    """Of the wanted texts (id, text) those above an id that the model has not seen, in the order of their ids."""
    made = exists().where(vectors.c.model_id == model_id, vectors.c.text_id == texts.c.id)
    query = select(texts.c.id, texts.c.text).where(texts.c.id > after, ~made, wanted)
    return session.execute(query.order_by(texts.c.id).limit(limit)).all()


def put(database: Database, embedder: Embedder, ids: Sequence[int], rows: Matrix) -> int:
    """Store rows of these texts, but for those that are gone or that somebody else has made; how many were stored."""
    with database.transaction() as session:
        database.lock(session, "text vectors")
        there = select(texts.c.id).where(
            texts.c.id.in_(ids),
            ~exists().where(vectors.c.model_id == embedder.model_id, vectors.c.text_id == texts.c.id),
        )
        wanted = set(session.execute(there).scalars())
        made = list(_rows(embedder, ids, rows, wanted))
        _PUT.run_many(session, made)
    return len(made)


def figures(session: Session, model_id: str, wanted: ColumnElement[bool]) -> VectorFigures:
    """Counts only, of the wanted texts."""
    all_ = session.execute(select(func.count()).select_from(texts).where(wanted)).scalar_one()
    made = session.execute(select(func.count()).where(_of(model_id))).scalar_one()
    return VectorFigures(model_id, all_, made)


def newest(session: Session, model_id: str) -> int | None:
    """Id of the last vector that was made; None before the first."""
    return session.execute(select(func.max(vectors.c.id)).where(_of(model_id))).scalar()


def forget_others(session: Session, model_id: str) -> int:
    """Delete what other models made."""
    return int(session.execute(delete(vectors).where(~_of(model_id))).rowcount)  # type: ignore[attr-defined]


def forget(session: Session, unused: ColumnElement[bool]) -> int:
    """Delete texts of which this holds, with their vectors."""
    gone = select(texts.c.id).where(unused)
    session.execute(delete(vectors).where(vectors.c.text_id.in_(gone)))
    return int(session.execute(delete(texts).where(unused)).rowcount)  # type: ignore[attr-defined]


def _rows(embedder: Embedder, ids: Sequence[int], rows: Matrix, wanted: set[int]) -> Iterator[dict[str, Any]]:
    for id_, row in zip(ids, rows.astype("<f2"), strict=True):
        if id_ in wanted:
            yield {"text_id": id_, "model_id": embedder.model_id, "dim": embedder.dim, "vector": row.tobytes()}


def _of(model_id: str) -> ColumnElement[bool]:
    return vectors.c.model_id == model_id
