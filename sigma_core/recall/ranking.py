"""Which documents answer a question best, by their words: BM25, computed in the database."""

import math
from collections import defaultdict
from collections.abc import Mapping, Sequence
from datetime import datetime

from sqlalchemy import Select, case, func, or_, select
from sqlmodel import Session

from sigma_core.recall.tables import document, word

K1, B = 1.2, 0.75
"""Usual values: how soon a word's repetitions stop counting, and how much long texts are held back."""


def rarities(session: Session, spellings: Sequence[str]) -> dict[str, float]:
    """How much each word that occurs at all says (inverse document frequency)."""
    total = session.execute(select(func.count()).select_from(document)).scalar_one()
    rows = session.execute(
        select(word.c.word, func.count().label("documents")).where(word.c.word.in_(spellings)).group_by(word.c.word)
    )
    return {row.word: math.log(1 + (total - row.documents + 0.5) / (row.documents + 0.5)) for row in rows}


def best(
    session: Session, rarity: Mapping[str, float], *, project_id: int | None, as_of: datetime | None, limit: int
) -> dict[int, float]:
    """Ids of the best documents and how well each fits, 0–1: its BM25 of the highest that the question allows."""
    mean = float(session.execute(select(func.avg(document.c.words))).scalar() or 1.0)
    length = 1 - B + B * document.c.words / mean
    weight = case(dict(rarity), value=word.c.word, else_=0.0)
    score = func.sum(weight * word.c.occurrences * (K1 + 1) / (word.c.occurrences + K1 * length))
    query = (
        select(document.c.id, score.label("score"))
        .join(word, word.c.document_id == document.c.id)
        .where(word.c.word.in_(list(rarity)))
        .group_by(document.c.id)
        .order_by(score.desc(), document.c.id.desc())
        .limit(limit)
    )
    highest = sum(rarity.values()) * (K1 + 1)
    return {row.id: row.score / highest for row in session.execute(_visible(query, project_id, as_of))}


def matches(session: Session, ids: Sequence[int], spellings: Sequence[str]) -> dict[int, list[str]]:
    """The words of the question that each of these documents has."""
    found = defaultdict(list)
    rows = session.execute(
        select(word.c.document_id, word.c.word).where(word.c.word.in_(spellings), word.c.document_id.in_(ids))
    )
    for row in rows:
        found[row.document_id].append(row.word)
    return found


def _visible(query: Select[int, float], project_id: int | None, as_of: datetime | None) -> Select[int, float]:
    if project_id is not None:
        # free text stays inside its project; knowledge of no project is everybody's
        query = query.where(or_(document.c.project_id == project_id, document.c.project_id.is_(None)))
    return query if as_of is None else query.where(document.c.recorded_at <= as_of)
