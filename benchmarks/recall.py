"""How well recall answers labelled questions, and what that costs. ``python benchmarks/recall.py [ENTITIES FACTS]``.

First the quality of each signal alone and of all together, with 95 % bootstrap intervals, on the half of the questions
that the weights were not fixed on. Then, at 10 000 entities and 50 000 facts unless told: a question warm, and in a
process that has just started, beside Graphiti's own search on the embedded server; and the background's vectors beside
the embedder's alone, in turns. Stored vectors are drawn at random there: a product costs the same whatever they say.
"""

import statistics
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from random import Random

sys.path.insert(0, str(Path(__file__).parent.parent / "tests"))

from fakes.retrieval.evaluation import ARMS, Stored, by_group, found, interval, scores, stored
from recall_parts.beside import graphiti_search
from recall_parts.large import Large, fill
from recall_parts.starting import first_answer

from sigma_core.database import Database
from sigma_core.graph.embeddings import store
from sigma_core.graph.embeddings.making import VectorMaking
from sigma_core.graph.embeddings.minilm import MiniLM
from sigma_core.runtime.all_tables import metadata

ROUNDS = 5
TEXTS = 320


def opened(folder: Path, name: str) -> Database:
    """A fresh database."""
    database = Database(f"sqlite:///{folder / name}.db")
    metadata.create_all(database.engine)
    return database


def quality(labelled: Stored) -> None:
    """Recall@5 and @10 of each arm by group."""
    asked = labelled.halves[1]
    print(f"{len(labelled.asked)} questions over {labelled.documents} documents; {len(asked)} of them asked here")
    for arm, weights in ARMS.items():
        for count, values in scores(found(labelled.recall(weights)), asked).items():
            figures = (
                f"{group} {statistics.fmean(some):.2f} ({interval(some)[0]:.2f}–{interval(some)[1]:.2f})"
                for group, some in by_group(asked, values).items()
            )
            print(f"{arm:8} @{count:<3}", " · ".join(figures))


def spent(work: Callable[[], object]) -> float:
    """CPU seconds of this process."""
    began = time.process_time()
    work()
    return time.process_time() - began


def background(database: Database, embedder: MiniLM) -> None:
    """Vectors stored in the background beside the bare embedder, in turns."""
    random = Random(5)
    words = ("cache", "index", "deploy", "retry", "invoice", "customer", "stock", "parcel", "label", "query", "token")
    making, ratios = VectorMaking(database, embedder), []
    for _ in range(ROUNDS):
        texts = [" ".join(random.choices(words, k=14)) + f" {random.random()}" for _ in range(TEXTS)]
        bare = spent(lambda texts=texts: embedder.rows(texts))
        with database.transaction() as session:
            store.enter(session, texts)
        ratios.append(bare / spent(lambda: making.tick(600)))
    print(f"vectors in the background: {statistics.median(ratios):.2f} of the bare embedder's rate (goal ≥ 0.8)")


def speed(large: Large, questions: int = 200) -> None:
    """Questions one after another."""
    large.ask(large.question())
    wall: list[float] = []
    cpu: list[float] = []
    for _ in range(questions):
        question = large.question()
        began, used = time.perf_counter(), time.process_time()
        large.ask(question)
        wall.append((time.perf_counter() - began) * 1000)
        cpu.append((time.process_time() - used) * 1000)
    for name, some in (("on the clock", wall), ("of CPU", cpu)):
        ordered = sorted(some)
        p50, p95 = ordered[len(some) // 2], ordered[int(len(some) * 0.95)]
        print(f"recall warm {name}: p50 {p50:.0f} ms, p95 {p95:.0f} ms (goal p95 ≤ 50 ms)")


def main(entities: int = 10_000, facts: int = 50_000) -> None:
    """All of it."""
    embedder = MiniLM()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        labelled = opened(folder, "labelled")
        quality(stored(labelled, embedder))
        background(labelled, embedder)
        large = fill(folder / "home", entities, facts, embedder)
        speed(large)
        first_answer(folder / "home", large.question())
        graphiti_search(folder / "home", large)


if __name__ == "__main__":
    main(*map(int, sys.argv[1:]))
