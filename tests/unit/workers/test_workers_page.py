"""The page about the workers says what the code does, and the code what the types allow."""

from pathlib import Path

import pytest

from sigma_core.dreamer.worker import DreamerWorker
from sigma_core.exchange.registry import Registry
from sigma_core.workers.analysis import AnalysisWorker
from sigma_core.workers.dream import DreamWorker
from sigma_core.workers.learning import LearningWorker
from sigma_core.workers.recall import RecallWorker
from sigma_core.workers.think import ThinkWorker

WORKERS = {
    each.name: each for each in (AnalysisWorker, DreamWorker, ThinkWorker, LearningWorker, RecallWorker, DreamerWorker)
}
PAGE = Path(__file__).parents[3] / "docs" / "workers.md"


def test_the_table_is_the_code() -> None:
    rows = [line.split("|")[1:-1] for line in PAGE.read_text().splitlines() if line.startswith("| ")]
    table = {name: (told.split(", "), kept.split(", ")) for name, told, kept, *_ in _stripped(rows) if name in WORKERS}
    assert table == {name: (list(worker.publishes), list(worker.keeps)) for name, worker in WORKERS.items()}


def test_every_type_has_one_worker_that_publishes_it() -> None:
    published = [kind for worker in WORKERS.values() for kind in worker.publishes]
    assert sorted(published) == sorted(kind.name for kind in Registry())


@pytest.mark.parametrize("worker", WORKERS.values(), ids=WORKERS)
def test_what_is_kept_is_kept_by_a_field_that_every_item_has(worker: type[AnalysisWorker]) -> None:
    registry = Registry()
    assert all(registry[kind].model_fields[field].is_required() for kind, field in worker.keeps.items())


def _stripped(rows: list[list[str]]) -> list[list[str]]:
    return [[cell.strip() for cell in row] for row in rows]
