"""Recall beside plain full-text search: ``python benchmarks/recall_real.py [--tuning PATH…] [--test PATH…]``.

PATH is a git repository (commit messages → the files and functions they touch, docstrings → their functions), a
conversation of LoCoMo (its JSON file) or a chat of BEAM (its folder, 100K/1). Weights were fixed on the paths named
as `--tuning`, of a repository on the earlier half of its commits. Each group prints recall@5, @10 and @20 of both, with
95 % bootstrap intervals, and the difference with its own: both answer the same questions.
Without a path, the repository that this file lies in is asked about.
"""

import argparse
import statistics
import sys
import tempfile
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from random import Random

sys.path.insert(0, str(Path(__file__).parent.parent / "tests"))

from recall_parts import histories
from recall_parts.labelled import Labelled, LabelledSet
from recall_parts.plain import full_text
from recall_parts.talk import SESSIONS, conversation, is_talk

from sigma_core.clock import utc_now
from sigma_core.database import Database
from sigma_core.graph.embeddings.embedder import Embedder
from sigma_core.graph.embeddings.making import VectorMaking
from sigma_core.graph.embeddings.minilm import MiniLM
from sigma_core.graph.embeddings.vectors import Vectors
from sigma_core.recall.code import CodeSource
from sigma_core.recall.facts import FactSource
from sigma_core.recall.search import Recall
from sigma_core.runtime.all_tables import metadata

COUNTS = (5, 10, 20)
HITS = 100
SAMPLES = 1000
PLAIN, OURS = "full text", "recall"
Figures = Mapping[tuple[str, int], list[float]]
"""By arm and count, one figure for each question."""


def sets(path: Path, folder: Path) -> Iterator[LabelledSet]:
    """What a path has, each with a database of its own."""

    def opened(name: str) -> Database:
        database = Database(f"sqlite:///{folder / f'{path.stem}-{name}.db'}")
        metadata.create_all(database.engine)
        return database

    if is_talk(path):
        yield conversation(path, opened("talk"))
        return
    repository = histories.repository(path, folder)
    yield histories.commits(repository, opened("commits"))
    yield histories.docstrings(repository, opened("docstrings"))
    yield histories.requests(repository, opened("requests"))


def recall_at(found: Sequence[str], asked: Labelled, count: int) -> float:
    """The share of the answers that are among the first so many; of a `whole` one, whether all are."""
    if asked.whole:
        return float(asked.answers <= {*found[:count]})
    return len(asked.answers.intersection(found[:count])) / min(count, len(asked.answers))


def compared(labelled: LabelledSet, embedder: Embedder) -> dict[str, dict[tuple[str, int], list[float]]]:
    """By part and group, both arms."""
    recall = Recall(
        labelled.database, utc_now, (FactSource(), CodeSource()), vectors=Vectors(labelled.database, embedder)
    )
    recall.index.catch_up()
    VectorMaking(labelled.database, embedder).tick(most_s=3600)
    plain = full_text(labelled.plain)
    figures: dict[str, dict[tuple[str, int], list[float]]] = defaultdict(lambda: defaultdict(list))
    found: dict[str, dict[str, Sequence[str]]] = {}
    for each in labelled.asked:
        if each.text not in found:
            ours = [hit.id for hit in recall.search(each.text[:2000], limit=HITS)]
            found[each.text] = {PLAIN: plain(each.text, HITS), OURS: ours}
        for arm, ids in found[each.text].items():
            keys = list(dict.fromkeys(labelled.key_of(each.group, id_) for id_ in ids))
            for count in COUNTS:
                figures[f"{'late' if each.late else 'early'} {each.group}"][arm, count].append(
                    recall_at(keys, each, count)
                )
    return figures


def interval(values: Sequence[float]) -> tuple[float, float]:
    """Of the mean, 95 %, by drawing questions again with replacement."""
    random = Random(3)
    means = sorted(statistics.fmean(random.choices(values, k=len(values))) for _ in range(SAMPLES))
    return means[int(SAMPLES * 0.025)], means[int(SAMPLES * 0.975)]


def tell(title: str, groups: Mapping[str, Figures]) -> None:
    """Side by side."""
    print(f"\n{title}")
    for group, figures in sorted(groups.items()):
        for count in COUNTS:
            plain, ours = figures[PLAIN, count], figures[OURS, count]
            low, high = interval([a - b for a, b in zip(ours, plain, strict=True)])
            sides = (
                f"{statistics.fmean(some):.3f} ({interval(some)[0]:.3f}–{interval(some)[1]:.3f})"
                for some in (plain, ours)
            )
            print(f"{group:34} n={len(ours):<5} @{count:<3} " + " · ".join(sides) + f"   {low:+.3f} to {high:+.3f}")


def main() -> None:
    """All of it."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--tuning", nargs="*", type=Path, default=[])
    parser.add_argument("--test", nargs="*", type=Path, default=[])
    arguments = parser.parse_args()
    if not (arguments.tuning or arguments.test):
        arguments.test = [Path(__file__).resolve().parents[1]]
    embedder = MiniLM()
    parts: dict[str, dict[str, dict[tuple[str, int], list[float]]]] = defaultdict(
        lambda: defaultdict(lambda: defaultdict(list))
    )
    with tempfile.TemporaryDirectory() as folder:
        for tuned, paths in ((True, arguments.tuning), (False, arguments.test)):
            for path in paths:
                for labelled in sets(path, Path(folder)):
                    for name, figures in compared(labelled, embedder).items():
                        when, _, group = name.partition(" ")
                        late = when == "late" or not tuned
                        part = "not tuned on" if not tuned else "later in what was tuned on" if late else "tuned on"
                        for key, values in figures.items():
                            parts[part][group][key] += values
                            if SESSIONS not in group:
                                parts[part]["all"][key] += values
                print(f"{path} done", file=sys.stderr, flush=True)
    print(f"recall@{COUNTS}: {PLAIN} · {OURS}   the difference")
    for part, groups in parts.items():
        tell(part, groups)


if __name__ == "__main__":
    main()
