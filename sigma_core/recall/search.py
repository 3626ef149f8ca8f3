"""Recall: ranked context for a question."""

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from sqlalchemy import Row, select
from sqlmodel import Session

from sigma_core.clock import Clock
from sigma_core.database import Database
from sigma_core.errors import Invalid
from sigma_core.exchange.freshness import freshness
from sigma_core.exchange.registry import Registry
from sigma_core.recall import ranking
from sigma_core.recall.index import Index
from sigma_core.recall.issues import IssueSource
from sigma_core.recall.knowledge import KnowledgeSource
from sigma_core.recall.source import Source
from sigma_core.recall.tables import document
from sigma_core.recall.words import words

OWN_SOURCES: tuple[Source, ...] = (KnowledgeSource(Registry()), IssueSource())
MAX_QUERY = 2000
MAX_LIMIT = 100
POOL = 5
"""Documents weighed per hit wanted: freshness can lift one this far."""
FRESHNESS_SHARE = 0.3
"""How much of a document's score fades with its freshness."""
LIFT = 0.5
"""How much a document's score gains at most where it is known to be the context of such a question."""
Contexts = Callable[[Collection[str]], Mapping[str, float]]
"""By the ids of hits, how relevant (0–1) they are known to be to a question of these words."""


@dataclass(frozen=True)
class Hit:
    """One answer. `id` names its original (``knowledge/12``, ``issue/3``, ``proposal/7``); `score` 0–1."""

    id: str
    text: str
    score: float
    freshness: float
    source: str
    reason: str
    project_id: int | None
    recorded_at: datetime


class Recall:
    """Full text over `sources`, weighed by freshness and by recipients' verdicts."""

    def __init__(
        self,
        database: Database,
        clock: Clock,
        sources: Sequence[Source] = OWN_SOURCES,
        contexts: Contexts = lambda _: {},
    ) -> None:
        self._contexts = contexts
        self._database = database
        self._clock = clock
        self._sources = {source.kind: source for source in sources}
        self._index = Index(database, sources)

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
        self._index.catch_up()
        with self._database.reading() as session:
            rarity = ranking.rarities(session, spellings)
            if not rarity:
                return []
            scores = ranking.best(session, rarity, project_id=project_id, as_of=as_of, limit=limit * POOL)
            matched = ranking.matches(session, list(scores), spellings)
            hits = self._weigh(session, scores, matched, as_of)
        if as_of is None:
            hits = _lifted(hits, self._contexts(spellings))
        return sorted(hits, key=lambda hit: hit.score, reverse=True)[:limit]

    def _weigh(
        self,
        session: Session,
        scores: Mapping[int, float],
        matched: Mapping[int, list[str]],
        as_of: datetime | None,
    ) -> list[Hit]:
        rows = session.execute(select(document).where(document.c.id.in_(scores)).order_by(document.c.id.desc())).all()
        worth = {
            kind: source.worth(session, [row.key for row in rows if row.kind == kind])
            for kind, source in self._sources.items()
        }
        moment = as_of or self._clock()
        return [
            _hit(row, scores[row.id], worth[row.kind][row.key], matched[row.id], moment)
            for row in rows
            if row.key in worth.get(row.kind, {})
        ]


def _hit(row: Row[Any], fit: float, worth: float, matched: Sequence[str], moment: datetime) -> Hit:
    # what changed after the moment asked about was as old then as its record
    seen_at = row.stamp if row.stamp <= moment else row.recorded_at
    fresh = freshness(seen_at, moment, row.decay_s)
    return Hit(
        id=f"{row.kind}/{row.key}",
        text=row.text,
        score=fit * worth * (1 - FRESHNESS_SHARE + FRESHNESS_SHARE * fresh),
        freshness=fresh,
        source=row.source,
        reason=f"has {', '.join(sorted(matched))}; freshness {fresh:.2f}",
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
