"""A new commit is looked at without waiting for the schedule."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from fakes.checkout import Checkout

from sigma_core.runtime.build import build
from sigma_core.runtime.system import System
from sigma_core.settings import Settings


@pytest.fixture
def system(home: Path) -> Iterator[System]:
    system = build(Settings(home=home), process="scheduler")
    yield system
    system.database.dispose()


@pytest.fixture
def checkout(tmp_path: Path, system: System) -> Checkout:
    checkout = Checkout(tmp_path / "project", {"a.py": "x = 1\n"})
    system.projects.service.add(checkout.path, actor="ada")
    return checkout


def test_analysis_is_asked_for_where_head_has_moved_and_only_there(system: System, checkout: Checkout) -> None:
    assert system.runtime.commit_watcher.look() == []
    checkout.commit({"a.py": "x = 2\n"})
    assert system.runtime.commit_watcher.look() == [1]
    system.runtime.commit_watcher.look()
    (run,) = system.runtime.runs.history()
    assert (run.worker, run.requested_by, run.state) == ("analysis", "new commit", "queued")


def test_a_paused_job_stays_paused(system: System, checkout: Checkout) -> None:
    system.runtime.schedule.pause("analysis", "ada")
    checkout.commit({"a.py": "x = 2\n"})
    assert system.runtime.commit_watcher.look() == []


def test_a_repository_that_has_gone_stops_nobody(system: System, checkout: Checkout) -> None:
    checkout.path.rename(checkout.path.with_name("elsewhere"))
    assert system.runtime.commit_watcher.look() == []


def test_who_has_something_to_do_next_need_not_wait_unless_a_person_asked_for_one_worker(
    system: System, checkout: Checkout
) -> None:
    asked_by = {"analysis": "new commit", "dream": "analysis", "think": "ada", "recall": "schedule"}
    runs = {worker: system.runtime.runs.enqueue(worker, 1, requested_by=who) for worker, who in asked_by.items()}
    system.runtime.commit_watcher.after(runs["analysis"], produced=0)
    system.runtime.commit_watcher.after(runs["think"], produced=3)
    system.runtime.commit_watcher.after(runs["recall"], produced=2)
    assert len(system.runtime.runs.history()) == len(runs)
    system.runtime.runs.cancel(runs["think"].id, "ada")
    system.runtime.commit_watcher.after(runs["dream"], produced=3)
    assert [run.requested_by for run in system.runtime.runs.history(worker="think", state="queued")] == ["dream"]
