"""Recall: ranked context for a question, by its words, its meaning, the graph around it, and freshness."""

import logging
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from sqlalchemy import Row, func, or_, select
from sqlmodel import Session

from sigma_core.clock import Clock
from sigma_core.database import Database
from sigma_core.errors import Invalid, Unavailable
from sigma_core.exchange.freshness import freshness
from sigma_core.exchange.registry import Registry
from sigma_core.graph.embeddings import store
from sigma_core.graph.embeddings.tables import texts
from sigma_core.graph.embeddings.vectors import Vectors
from sigma_core.recall.fusion import BY_MODEL, WEIGHTS, Signals, Weights, fused, told
from sigma_core.recall.gathering import Meaning, Question, gather
from sigma_core.recall.index import Index
from sigma_core.recall.issues import IssueSource
from sigma_core.recall.knowledge import KnowledgeSource
from sigma_core.recall.likeness import Shelf
from sigma_core.recall.source import Source
from sigma_core.recall.tables import document
from sigma_core.recall.words import words

log = logging.getLogger(__name__)

OWN_SOURCES: tuple[Source, ...] = (KnowledgeSource(Registry()), IssueSource())
MAX_QUERY = 2000
MAX_LIMIT = 100
POOL = 5
"""Documents weighed per hit wanted and signal: freshness can lift one this far."""
LEAST_POOL = 100
AS_OF_POOL = 10
"""So many times more where only what was known then counts."""
FRESHNESS_SHARE = 0.3
"""How much of a document's score fades with its freshness."""
LIFT = 0.5
"""How much a document's score gains at most where it is known to be the context of such a question."""
Contexts = Callable[[Collection[str]], Mapping[str, float]]
"""By the ids of hits, how relevant (0–1) they are known to be to a question of these words."""


@dataclass(frozen=True)
class Hit:
    """One answer. `id` names its original (``knowledge/12``, ``issue/3``, ``proposal/7``, ``fact/9``); `score` 0–1."""

    id: str
    text: str
    score: float
    freshness: float
    source: str
    reason: str
    project_id: int | None
    recorded_at: datetime


class Recall:
    """Searches `sources`. Without `vectors`, or while they cannot be made, it goes by words and graph."""

    def __init__(
        self,
        database: Database,
        clock: Clock,
        sources: Sequence[Source] = OWN_SOURCES,
        contexts: Contexts = lambda _: {},
        vectors: Vectors | None = None,
        weights: Weights | None = None,
        may_leave: Callable[[int], bool] = lambda _: True,
    ) -> None:
        """`may_leave`: whether a project's questions may be handed to an embedder that is remote."""
        self._may_leave = may_leave
        self._contexts = contexts
        self._database = database
        self._clock = clock
        self._sources = {source.kind: source for source in sources}
        self._shelf = Shelf(database, vectors) if vectors else None
        self._weights = weights or BY_MODEL.get(vectors.embedder.model_id if vectors else "", WEIGHTS)
        self.index = Index(database, sources)

    def search(
        self, query: str, *, project_id: int | None = None, limit: int = 10, as_of: datetime | None = None
    ) -> list[Hit]:
        """The best answers, best first; with `project_id` only from that project and from knowledge of none.

        `as_of`: what had been recorded by then, as fresh as it was then. Raises `Invalid`.
        """
        _check(query, limit, as_of)
        spellings = list(words(query))
        if not spellings:
            return []
        self.index.catch_up()
        pool = max(LEAST_POOL, limit * POOL) * (AS_OF_POOL if as_of else 1)
        question = Question(query, spellings, project_id, pool)
        meaning = self._meaning(question)
        with self._database.reading() as session:
            signals = gather(session, question, meaning, self._weights)
            hits = self._weigh(session, signals, question, as_of)
        if as_of is None:
            hits = _lifted(hits, self._contexts(spellings))
        return sorted(hits, key=lambda hit: hit.score, reverse=True)[:limit]

    def state(self) -> str:
        """Another one whenever something new can be recalled, or by its meaning."""
        self.index.catch_up()
        with self._database.reading() as session:
            newest = session.execute(select(func.max(document.c.id))).scalar()
            made = store.newest(session, self._shelf.vectors.embedder.model_id) if self._shelf else None
        return f"{newest}/{made}"

    def _meaning(self, question: Question) -> Meaning | None:
        if self._shelf is None:
            return None
        keeps = question.project_id is not None and not self._may_leave(question.project_id)
        if keeps and self._shelf.vectors.embedder.remote:
            return None
        try:
            likeness = self._shelf.likeness(question.text, question.project_id)
        except Unavailable as error:
            log.warning("Recall goes without meaning: %s", error)
            return None
        return Meaning(likeness, self._shelf.vectors.embedder.floor) if likeness else None

    def _weigh(
        self, session: Session, signals: Mapping[int, Signals], question: Question, as_of: datetime | None
    ) -> list[Hit]:
        fit = {id_: fused(each, self._weights) for id_, each in signals.items()}
        best = sorted((id_ for id_ in fit if fit[id_] > 0), key=lambda id_: (-fit[id_], -id_))
        rows = _rows(session, best[: question.pool], question.project_id, as_of)
        moment = as_of or self._clock()
        worth = {
            kind: source.worth(session, [row.key for row in rows if row.kind == kind], moment)
            for kind, source in self._sources.items()
        }
        hits: dict[int, Hit] = {}
        for row in rows:
            if row.key in worth.get(row.kind, {}):
                hit = _hit(row, fit[row.id], worth[row.kind][row.key], told(signals[row.id]), moment)
                # What is said twice in the same words is one answer
                if row.text_id not in hits or hits[row.text_id].score < hit.score:
                    hits[row.text_id] = hit
        return list(hits.values())


def _rows(session: Session, ids: Sequence[int], project_id: int | None, as_of: datetime | None) -> Sequence[Row[Any]]:
    query = select(document, texts.c.text).join(texts, texts.c.id == document.c.text_id).where(document.c.id.in_(ids))
    if project_id is not None:
        # free text stays inside its project; knowledge of no project is everybody's
        query = query.where(or_(document.c.project_id == project_id, document.c.project_id.is_(None)))
    if as_of is not None:
        query = query.where(document.c.recorded_at <= as_of)
    return session.execute(query.order_by(document.c.id.desc())).all()


def _hit(row: Row[Any], fit: float, worth: float, reason: str, moment: datetime) -> Hit:
    # what changed after the moment asked about was as old then as its record
    seen_at = row.stamp if row.stamp <= moment else row.recorded_at
    fresh = freshness(seen_at, moment, row.decay_s)
    return Hit(
        id=f"{row.kind}/{row.key}",
        text=row.text,
        score=fit * worth * (1 - FRESHNESS_SHARE + FRESHNESS_SHARE * fresh),
        freshness=fresh,
        source=row.source,
        reason=f"{reason}; freshness {fresh:.2f}",
        project_id=row.project_id,
        recorded_at=row.recorded_at,
    )


def _lifted(hits: Sequence[Hit], relevance: Mapping[str, float]) -> list[Hit]:
    """The hits with what is known of their relevance in their scores."""
    return [
        replace(
            hit, score=min(1.0, hit.score * (1 + LIFT * relevance[hit.id])),
            reason=f"{hit.reason}; known context {relevance[hit.id]:.2f}",
        )
        if hit.id in relevance
        else hit
        for hit in hits
    ]  # fmt: skip


def _check(query: str, limit: int, as_of: datetime | None) -> None:
    wrong = {
        "query": "" if query.strip() and len(query) <= MAX_QUERY else f"must have 1 to {MAX_QUERY} characters",
        "limit": "" if 1 <= limit <= MAX_LIMIT else f"must be 1 to {MAX_LIMIT}",
        "as_of": "" if as_of is None or as_of.tzinfo else "needs a time zone",
    }
    if bad := {name: why for name, why in wrong.items() if why}:
        raise Invalid(bad)
