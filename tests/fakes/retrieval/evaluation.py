"""Recall@k of each signal alone and of all together, with bootstrap intervals."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from random import Random

from fakes.retrieval.company import Company
from fakes.retrieval.questions import GROUPS, Asked, questions
from fakes.retrieval.stored import store_all

from sigma_core.database import Database
from sigma_core.exchange.registry import Registry
from sigma_core.exchange.service import Exchange
from sigma_core.graph.embeddings.embedder import Embedder
from sigma_core.graph.embeddings.making import VectorMaking
from sigma_core.graph.embeddings.vectors import Vectors
from sigma_core.recall.facts import FactSource
from sigma_core.recall.fusion import Weights
from sigma_core.recall.search import Recall, own_sources

NOW = datetime(2026, 5, 4, 9, tzinfo=UTC)
ARMS: Mapping[str, Weights | None] = {
    "words": Weights(1, 0, 0),
    "meaning": Weights(0, 1, 0),
    "graph": Weights(0, 0, 1),
    "fused": None,
}
SAMPLES = 1000
Found = Callable[[str], Sequence[str]]


@dataclass(frozen=True)
class Stored:
    """The set in a database, ready to be asked. The first half is for fixing weights, the second for reporting."""

    asked: Sequence[Asked]
    documents: int
    recall: Callable[[Weights | None], Recall]

    @property
    def halves(self) -> tuple[Sequence[Asked], Sequence[Asked]]:
        middle = len(self.asked) // 2
        return self.asked[:middle], self.asked[middle:]


def stored(database: Database, embedder: Embedder) -> Stored:
    """Store everything, and make all vectors."""
    company = Company()
    exchange = Exchange(database, lambda: NOW, Registry())
    keys = store_all(database, exchange, company, NOW)
    vectors = Vectors(database, embedder)

    def recall(weights: Weights | None) -> Recall:
        return Recall(database, lambda: NOW, (*own_sources(Registry()), FactSource()), vectors=vectors, weights=weights)

    documents = recall(None).index.catch_up()
    VectorMaking(database, embedder).tick(most_s=600)
    return Stored(questions(company, keys), documents, recall)


def found(recall: Recall, limit: int = 10) -> Found:
    """Ids that recall answers with."""
    return lambda text: [hit.id for hit in recall.search(text, limit=limit)]


def recall_at(ids: Sequence[str], asked: Asked, count: int) -> float:
    """The share of the answers that are among the first so many."""
    return len(asked.answers.intersection(ids[:count])) / min(count, len(asked.answers))


def scores(find: Found, asked: Sequence[Asked], counts: Sequence[int] = (5, 10)) -> dict[int, list[float]]:
    """One figure for each question."""
    answers = [find(each.text) for each in asked]
    return {count: [recall_at(ids, each, count) for ids, each in zip(answers, asked, strict=True)] for count in counts}


def interval(values: Sequence[float], seed: int = 3) -> tuple[float, float]:
    """Of the mean, 95 %, by drawing questions again with replacement."""
    random = Random(seed)
    means = sorted(sum(random.choices(values, k=len(values))) / len(values) for _ in range(SAMPLES))
    return means[int(SAMPLES * 0.025)], means[int(SAMPLES * 0.975)]


def by_group(asked: Sequence[Asked], values: Sequence[float]) -> dict[str, list[float]]:
    """The figures of all questions, and of those of each group."""
    groups = {"all": list(values)}
    for group in GROUPS:
        groups[group] = [value for each, value in zip(asked, values, strict=True) if each.group == group]
    return groups
