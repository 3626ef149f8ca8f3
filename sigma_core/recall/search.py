"""Recall: ranked context for a question, by its words, its meaning, the graph around it, and freshness."""

from collections import defaultdict
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import NamedTuple

from sqlalchemy import func, select
from sqlmodel import Session

from sigma_core.clock import Clock
from sigma_core.database import Database
from sigma_core.errors import Invalid
from sigma_core.exchange.freshness import freshness
from sigma_core.exchange.registry import Registry
from sigma_core.graph.embeddings import store
from sigma_core.graph.embeddings.tables import texts
from sigma_core.graph.embeddings.vectors import Vectors
from sigma_core.prepared import Prepared, one_of, read_moment
from sigma_core.recall import entity_index
from sigma_core.recall.bm25 import WordCounts, best, fits, rarest
from sigma_core.recall.fusion import AS_MEASURED, BY_MODEL, WEIGHTS, Weighting, Weights, chance, reason
from sigma_core.recall.index import Index
from sigma_core.recall.issues import IssueSource
from sigma_core.recall.knowledge import KnowledgeSource
from sigma_core.recall.query_vectors import QueryVectors
from sigma_core.recall.signals import Fit, RecallQuestion, gather
from sigma_core.recall.source import DocumentSource
from sigma_core.recall.tables import document
from sigma_core.recall.vector_index import VectorIndex
from sigma_core.recall.words import spelled

MAX_QUERY = 2000
MAX_LIMIT = 100
POOL = 5
"""Documents weighed per hit wanted and signal: freshness can lift one this far."""
LEAST_POOL = 100
AS_OF_POOL = 10
"""So many times more where only what was known then counts."""
FRESHNESS_SHARE = 0.3
"""How much of a document's score fades with its freshness."""
ENOUGH, MOST_LOOKED_AT = 0.45, 20
"""The share of what a question's words allow that one of so many documents must reach for words to suffice."""
LIFT = 0.5
"""How much a document's score gains at most where it is known to be the context of such a question."""
Contexts = Callable[[Collection[str]], Mapping[str, float]]
"""By the ids of hits, how relevant (0–1) they are known to be to a question of these words."""


_DOCUMENTS = Prepared(
    select(
        *(document.c[name] for name in ("id", "kind", "key", "project_id", "source", "text_id", "decay_s")),
        texts.c.text,
        document.c.stamp,
        document.c.recorded_at,
    )
    .join(texts, texts.c.id == document.c.text_id)
    .where(one_of(document.c.id, "ids"))
    .order_by(document.c.id.desc())
)


class _Found(NamedTuple):
    """A document with its text."""

    id: int
    kind: str
    key: int
    project_id: int | None
    source: str
    text_id: int
    decay_s: float
    text: str
    stamp: datetime
    recorded_at: datetime


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


def own_sources(registry: Registry) -> tuple[DocumentSource, ...]:
    """Knowledge, of whatever types are registered, and issues."""
    return (KnowledgeSource(registry), IssueSource())


class Recall:
    """Searches `sources`. Without `vectors`, or while they cannot be made, it goes by words and graph."""

    def __init__(
        self,
        database: Database,
        clock: Clock,
        sources: Sequence[DocumentSource],
        contexts: Contexts = lambda _: {},
        vectors: Vectors | None = None,
        weights: Weights | None = None,
        may_leave: Callable[[int], bool] = lambda _: True,
    ) -> None:
        """`may_leave`: whether a project's questions may be handed to an embedder that is remote."""
        self._contexts = contexts
        self._database, self._vectors = database, vectors
        self._clock = clock
        self._sources = {source.kind: source for source in sources}
        self._counts = WordCounts()
        self._meanings = QueryVectors(VectorIndex(database, vectors), may_leave) if vectors else None
        self._weights = weights or BY_MODEL.get(vectors.embedder.model_id if vectors else "", WEIGHTS)
        self.index = Index(database, sources)

    def search(
        self,
        query: str,
        *,
        project_id: int | None = None,
        limit: int = 10,
        as_of: datetime | None = None,
        by_meaning: bool = True,
        weighting: Weighting = AS_MEASURED,
    ) -> list[Hit]:
        """The best answers, best first; with `project_id` only from that project and from knowledge of none.

        `as_of`: what had been recorded by then, as fresh as it was then. Without `by_meaning` the embedder is not
        asked, which takes a process that has just started longer than all else. Raises `Invalid`.
        """
        _check(query, limit, as_of)
        question_words = spelled(query)
        if not question_words:
            return []
        asked = self._meanings.ask(query, project_id) if self._meanings and by_meaning else None
        self.index.catch_up()
        pool = max(LEAST_POOL, limit * POOL) * (AS_OF_POOL if as_of else 1)
        with self._database.reading() as session:
            named = entity_index.named(session, query)
            if asked and named:
                asked.without_names(entity_index.without(query, named.values()))
            question = RecallQuestion(question_words, named, project_id, pool)
            found = gather(session, question, asked, self._counts, self._weights.times(weighting))
            hits = self._weigh(session, found, question, as_of)
        if as_of is None:
            hits = _lifted(hits, self._contexts(question_words))
        return sorted(hits, key=lambda hit: hit.score, reverse=True)[:limit]

    def words_suffice(self, query: str, *, project_id: int | None = None) -> bool:
        """Whether some document has so many of a question's words that nothing is left to be found by meaning."""
        self.index.catch_up()
        with self._database.reading() as session:
            rarity, occurring = self._counts.rarities(session, list(spelled(query)))
            rare = {each: rarity[each] for each in rarest(occurring)}
            ids = best(session, rare, project_id=project_id, limit=MOST_LOOKED_AT) if rare else []
            shares, _ = fits(session, ids, rarity)
        return max(shares.values(), default=0.0) >= ENOUGH

    def state(self) -> str:
        """Another one whenever something new can be recalled, or by its meaning."""
        self.index.catch_up()
        with self._database.reading() as session:
            newest = session.execute(select(func.max(document.c.id))).scalar()
            made = store.newest(session, self._vectors.embedder.model_id) if self._vectors else None
        return f"{newest}/{made}"

    def _weigh(
        self, session: Session, found: Mapping[int, Fit], question: RecallQuestion, as_of: datetime | None
    ) -> list[Hit]:
        fitting = sorted((id_ for id_ in found if found[id_].fit > 0), key=lambda id_: (-found[id_].fit, -id_))
        rows = [
            row
            for row in _rows_of(session, fitting[: question.pool])
            # free text stays inside its project; knowledge of no project is everybody's
            if question.project_id is None or row.project_id in {None, question.project_id}
            if as_of is None or row.recorded_at <= as_of
        ]
        moment = as_of or self._clock()
        keys = defaultdict[str, list[int]](list)
        for row in rows:
            keys[row.kind].append(row.key)
        worth = {
            kind: self._sources[kind].worth(session, some, moment)
            for kind, some in keys.items()
            if kind in self._sources
        }
        hits: dict[int, Hit] = {}
        for row in rows:
            if row.key in worth.get(row.kind, {}):
                hit = _hit(row, found[row.id], worth[row.kind][row.key], moment, question.spelled)
                # What is said twice in the same words is one answer
                if row.text_id not in hits or hits[row.text_id].score < hit.score:
                    hits[row.text_id] = hit
        return list(hits.values())


def _rows_of(session: Session, ids: Sequence[int]) -> list[_Found]:
    """These documents, the newest first."""
    rows = map(_Found._make, _DOCUMENTS.rows(session, {"ids": ids}))
    return [row._replace(stamp=read_moment(row.stamp), recorded_at=read_moment(row.recorded_at)) for row in rows]


def _hit(row: _Found, found: Fit, worth: float, moment: datetime, spelled: Mapping[str, str]) -> Hit:
    # what changed after the moment asked about was as old then as its record
    seen_at = row.stamp if row.stamp <= moment else row.recorded_at
    fresh = freshness(seen_at, moment, row.decay_s)
    return Hit(
        id=f"{row.kind}/{row.key}",
        text=row.text,
        score=chance(found.fit) * worth * (1 - FRESHNESS_SHARE + FRESHNESS_SHARE * fresh),
        freshness=fresh,
        source=row.source,
        reason=f"{reason(found.signals, found.beside, spelled)}; freshness {fresh:.2f}",
        project_id=row.project_id,
        recorded_at=row.recorded_at,
    )


def _lifted(hits: Sequence[Hit], relevance: Mapping[str, float]) -> list[Hit]:
    """The hits with what is known of their relevance in their scores."""
    return [
        replace(
            hit,
            score=min(1.0, hit.score * (1 + LIFT * relevance[hit.id])),
            reason=f"{hit.reason}; known context {relevance[hit.id]:.2f}",
        )
        if hit.id in relevance
        else hit
        for hit in hits
    ]


def _check(query: str, limit: int, as_of: datetime | None) -> None:
    wrong = {
        "query": "" if query.strip() and len(query) <= MAX_QUERY else f"must have 1 to {MAX_QUERY} characters",
        "limit": "" if 1 <= limit <= MAX_LIMIT else f"must be 1 to {MAX_LIMIT}",
        "as_of": "" if as_of is None or as_of.tzinfo else "needs a time zone",
    }
    if bad := {name: why for name, why in wrong.items() if why}:
        raise Invalid(bad)
