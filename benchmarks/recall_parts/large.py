"""A home with many entities and facts, all of them indexed and with vectors."""

import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from random import Random

import numpy as np
from sqlalchemy import insert, select

from sigma_core import schema
from sigma_core.clock import utc_now
from sigma_core.database import Database
from sigma_core.exchange.registry import Registry
from sigma_core.graph import imported
from sigma_core.graph.embeddings.embedder import Embedder
from sigma_core.graph.embeddings.tables import texts, vectors
from sigma_core.graph.embeddings.vectors import Vectors
from sigma_core.graph.imported import FactLine
from sigma_core.recall.facts import FactSource
from sigma_core.recall.search import Recall, own_sources

PREDICATES = ("calls", "reads", "owns", "replaces", "tests", "blocks", "feeds", "watches")
AT_ONCE = 2000


@dataclass(frozen=True)
class Large:
    """Asked like a person would: about one entity, in words of which some are common and some rare."""

    recall: Recall
    database: Database
    lines: list[FactLine]
    random: Random

    def question(self) -> str:
        line = self.random.choice(self.lines)
        said = line.fact.split()
        return f"What about {line.subject} and {' '.join(self.random.sample(said, 4))}?"

    def ask(self, question: str) -> object:
        return self.recall.search(question)


def fill(home: Path, entities: int, facts: int, embedder: Embedder) -> Large:
    """Words as in a language: few are common, many are rare."""
    random = Random(1)
    vocabulary = [
        f"{a}{b}{c}"
        for a in "bdfgklmnprst"
        for b in ("ra", "lo", "mi", "tun", "ver")
        for c in ("dan", "kel", "mos", "rit", "sol", "tar", "ven", "zig")
    ]
    weights = [1 / (rank + 1) for rank in range(len(vocabulary))]
    names = [f"{random.choice(vocabulary)}-{random.choice(vocabulary)} {number}" for number in range(entities)]
    lines = []
    for _ in range(facts):
        one, other, what = random.choice(names), random.choice(names), random.choice(PREDICATES)
        said = f"{one} {what} {other} {' '.join(random.choices(vocabulary, weights, k=8))}"
        lines.append(FactLine(subject=one, predicate=what, object=other, fact=said))
    database = Database(f"sqlite:///{home / 'sigma.db'}")
    schema.migrate(database)
    _timed("stored", facts, lambda: _store(database, lines))
    recall = Recall(database, utc_now, (*own_sources(Registry()), FactSource()), vectors=Vectors(database, embedder))
    _timed("indexed", facts, recall.index.catch_up)
    _draw_vectors(database, embedder)
    return Large(recall, database, lines, random)


def _store(database: Database, lines: list[FactLine]) -> None:
    with database.transaction() as session:
        imported.store(session, [(line, None) for line in lines], utc_now())


def _timed(what: str, count: int, work: Callable[[], object]) -> None:
    began, used = time.perf_counter(), time.process_time()
    work()
    wall, cpu = time.perf_counter() - began, time.process_time() - used
    print(f"{count} facts {what}: {count / wall:.0f}/s on the clock, {count / cpu:.0f}/s of CPU")


def _draw_vectors(database: Database, embedder: Embedder) -> None:
    with database.transaction() as session:
        ids = session.execute(select(texts.c.id)).scalars().all()
        rows = np.random.default_rng(2).standard_normal((len(ids), embedder.dim)).astype(np.float32)
        rows /= np.linalg.norm(rows, axis=1, keepdims=True)
        half = rows.astype("<f2")
        for start in range(0, len(ids), AT_ONCE):
            session.execute(
                insert(vectors),
                [
                    {"text_id": id_, "model_id": embedder.model_id, "dim": embedder.dim, "vector": row.tobytes()}
                    for id_, row in zip(ids[start : start + AT_ONCE], half[start : start + AT_ONCE], strict=True)
                ],
            )
