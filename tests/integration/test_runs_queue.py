"""The queue of runs on both databases: one queued and one running run per slot, leases, fences, steps."""

from collections.abc import Iterator
from datetime import timedelta

import pytest
from fakes.steered_database import SteeredDatabase
from sqlmodel import select

from sigma_core.audit import AuditEntry
from sigma_core.clock import utc_now
from sigma_core.database import Database
from sigma_core.errors import Conflict, NotFound
from sigma_core.projects.tables import Project
from sigma_core.runtime.claim import Claim, LeaseLost
from sigma_core.runtime.leases import Leases
from sigma_core.runtime.runs import Runs
from sigma_core.runtime.tables import Run, RunStep
from sigma_core.state_machine import RunState

LEASE_S = 60


@pytest.fixture(params=["sqlite", "postgresql"])
def database(request: pytest.FixtureRequest) -> Iterator[SteeredDatabase]:
    """Leases end when the test says so."""
    database = SteeredDatabase(request.getfixturevalue(f"{request.param}_copy"))
    yield database
    database.dispose()


@pytest.fixture
def runs(database: Database) -> Runs:
    with database.transaction() as session:
        for number in (1, 2):
            session.add(Project(id=number, name=f"p{number}", path=f"/p{number}", head="0" * 40, created_at=utc_now()))
    return Runs(database, utc_now)


@pytest.fixture
def leases(database: Database, runs: Runs) -> Leases:
    return Leases(database, runs, lease_s=LEASE_S, attempts=3)


@pytest.fixture
def patient(database: Database, runs: Runs) -> Leases:
    """Leases that never end here."""
    return Leases(database, runs, lease_s=10 * LEASE_S, attempts=3)


def claimed(leases: Leases, owner: str = "a") -> Claim:
    claim = leases.claim(owner)
    assert claim is not None
    return claim


def test_a_second_request_is_answered_by_the_queued_run_made_more_urgent(runs: Runs) -> None:
    later = utc_now() + timedelta(hours=1)
    first = runs.enqueue("analysis", 1, due_at=later)
    second = runs.enqueue("analysis", 1, requested_by="ann", priority=10)
    assert second.id == first.id
    assert (second.priority, second.requested_by) == (10, "ann")
    assert second.due_at < later
    third = runs.enqueue("analysis", 1)
    assert (third.id, third.priority, third.requested_by) == (first.id, 10, "ann")


def test_a_run_of_an_unknown_project_is_refused(runs: Runs) -> None:
    with pytest.raises(NotFound, match="project 9"):
        runs.enqueue("analysis", 9)


def test_the_most_urgent_run_is_taken_first_and_a_run_in_the_future_not_at_all(runs: Runs, patient: Leases) -> None:
    runs.enqueue("analysis", 1)
    runs.enqueue("dream", 1, priority=10)
    runs.enqueue("think", 1, due_at=utc_now() + timedelta(hours=1))
    assert [claimed(patient).run.worker for _ in range(2)] == ["dream", "analysis"]
    assert patient.claim("a") is None


def test_an_executor_may_look_for_certain_workers_only(runs: Runs, patient: Leases) -> None:
    runs.enqueue("analysis", 1)
    assert patient.claim("a", workers=("exchange",)) is None
    runs.enqueue("exchange")
    claim = patient.claim("a", workers=("exchange",))
    assert claim is not None
    assert claim.run.slot == "exchange"


def test_the_next_run_of_a_slot_waits_until_the_running_one_ends(runs: Runs, patient: Leases) -> None:
    runs.enqueue("analysis", 1)
    first = claimed(patient)
    twin = runs.enqueue("analysis", 1)
    assert twin.id != first.run_id
    assert patient.claim("b") is None
    first.finish(RunState.SUCCESS)
    assert claimed(patient, "b").run_id == twin.id


def test_a_run_whose_executor_fell_silent_is_taken_over_in_place_before_its_twin(
    runs: Runs, leases: Leases, database: SteeredDatabase
) -> None:
    runs.enqueue("analysis", 1)
    dead = claimed(leases, "dead")
    runs.enqueue("analysis", 1, priority=10)
    assert leases.claim("b") is None
    database.forward(LEASE_S + 1)
    successor = claimed(leases, "b")
    assert (successor.run_id, successor.run.attempt) == (dead.run_id, 2)


def test_who_was_taken_over_can_record_nothing(runs: Runs, leases: Leases, database: SteeredDatabase) -> None:
    runs.enqueue("analysis", 1)
    zombie = claimed(leases, "zombie")
    assert zombie.is_held()
    database.forward(LEASE_S + 1)
    successor = claimed(leases, "b")
    for deed in (
        zombie.beat,
        lambda: zombie.step("late", lambda: 1),
        lambda: zombie.finish(RunState.SUCCESS),
        lambda: zombie.retry(1, "late"),
        zombie.release,
    ):
        with pytest.raises(LeaseLost):
            deed()
    successor.finish(RunState.SUCCESS, outcome={"produced": 3})
    assert runs.get(successor.run_id).produced == 3
    with database.reading() as session:
        assert session.exec(select(RunStep)).all() == []


def test_a_beat_keeps_the_lease_and_shows_progress_whatever_its_text_holds(
    runs: Runs, leases: Leases, database: SteeredDatabase
) -> None:
    runs.enqueue("analysis", 1)
    claim = claimed(leases)
    for _ in range(3):
        database.forward(LEASE_S * 0.6)
        claim.beat("reading a\0b and \udcff")
    assert leases.claim("b") is None
    assert runs.get(claim.run_id).progress == "reading a\ufffdb and \ufffd"


def test_a_run_that_silences_every_executor_fails_in_the_end(
    runs: Runs, leases: Leases, database: SteeredDatabase
) -> None:
    run = runs.enqueue("analysis", 1)
    for attempt in (1, 2, 3):
        assert claimed(leases).run.attempt == attempt
        database.forward(LEASE_S + 1)
    twin = runs.enqueue("analysis", 1)
    assert claimed(leases).run_id == twin.id
    ended = runs.get(run.id)
    assert ended.state == RunState.ERROR
    assert "3 times" in ended.error


def test_a_successor_gets_the_stored_results_of_finished_steps(
    runs: Runs, leases: Leases, database: SteeredDatabase
) -> None:
    runs.enqueue("analysis", 1)
    done: list[str] = []

    def step(name: str) -> dict[str, int]:
        done.append(name)
        return {"found": len(done)}

    first = claimed(leases)
    assert first.step("detect", lambda: step("detect")) == {"found": 1}
    database.forward(LEASE_S + 1)
    second = claimed(leases, "b")
    assert second.step("detect", lambda: step("detect")) == {"found": 1}
    assert second.step("judge", lambda: step("judge")) == {"found": 2}
    assert done == ["detect", "judge"]


def test_a_queued_run_is_cancelled_at_once_and_recorded(runs: Runs, leases: Leases, database: Database) -> None:
    run = runs.enqueue("analysis", 1)
    assert runs.cancel(run.id, "ann").state == RunState.CANCELLED
    assert leases.claim("a") is None
    with database.reading() as session:
        entry = session.exec(select(AuditEntry)).one()
        assert (entry.actor, entry.action, entry.object) == ("ann", "cancel", f"run/{run.id}")


def test_cancelling_a_running_run_is_a_wish_and_its_slot_stays_taken(runs: Runs, patient: Leases) -> None:
    runs.enqueue("analysis", 1)
    claim = claimed(patient)
    twin = runs.enqueue("analysis", 1)
    assert runs.cancel(claim.run_id, "ann").state == RunState.RUNNING
    assert patient.asked_to_stop([claim.run_id]) == {claim.run_id}
    assert patient.claim("b") is None
    claim.finish(RunState.CANCELLED)
    assert claimed(patient, "b").run_id == twin.id


def test_a_run_to_be_cancelled_whose_executor_died_is_not_taken_over(
    runs: Runs, leases: Leases, database: SteeredDatabase
) -> None:
    run = runs.enqueue("analysis", 1)
    claimed(leases)
    runs.cancel(run.id, "ann")
    database.forward(LEASE_S + 1)
    assert leases.claim("b") is None
    assert runs.get(run.id).state == RunState.CANCELLED


def test_nothing_more_is_run_for_a_project_that_was_removed(runs: Runs, patient: Leases, database: Database) -> None:
    runs.enqueue("analysis", 1)
    running = claimed(patient)
    queued, other = runs.enqueue("dream", 1), runs.enqueue("dream", 2)
    with database.transaction() as session:
        runs.cancel_project(1, why="ann removed the project.", session=session)
    assert (runs.get(queued.id).state, runs.get(queued.id).error) == (RunState.CANCELLED, "ann removed the project.")
    assert patient.asked_to_stop([running.run_id]) == {running.run_id}
    assert runs.get(other.id).state == RunState.QUEUED


def test_a_lease_is_held_no_longer_than_it_runs(database: SteeredDatabase, runs: Runs) -> None:
    runs.enqueue("analysis", 1)
    assert not claimed(Leases(database, runs, lease_s=0, attempts=3)).is_held()


def test_what_has_ended_or_never_was_cannot_be_cancelled(runs: Runs, patient: Leases) -> None:
    runs.enqueue("analysis", 1)
    claim = claimed(patient)
    claim.finish(RunState.SUCCESS)
    with pytest.raises(Conflict, match="already ended"):
        runs.cancel(claim.run_id, "ann")
    with pytest.raises(NotFound):
        runs.cancel(99, "ann")


def test_a_retry_waits_for_its_time_and_keeps_its_steps_and_attempts(
    runs: Runs, patient: Leases, database: SteeredDatabase
) -> None:
    runs.enqueue("analysis", 1)
    first = claimed(patient)
    first.step("detect", lambda: 7)
    assert first.retry(30, "model is busy")
    assert patient.claim("a") is None
    assert runs.get(first.run_id).error == "model is busy"
    database.forward(31)
    second = claimed(patient)
    assert (second.run_id, second.run.attempt) == (first.run_id, 2)
    assert second.step("detect", lambda: 8) == 7


def test_a_queued_twin_is_the_retry(runs: Runs, patient: Leases) -> None:
    runs.enqueue("analysis", 1)
    claim = claimed(patient)
    twin = runs.enqueue("analysis", 1)
    assert not claim.retry(60, "model is busy")
    assert runs.get(claim.run_id).state == RunState.ERROR
    assert claimed(patient).run_id == twin.id


def test_a_run_given_back_is_taken_at_once_as_the_same_attempt(runs: Runs, patient: Leases) -> None:
    runs.enqueue("analysis", 1)
    claim = claimed(patient)
    claim.release()
    successor = claimed(patient, "b")
    assert (successor.run_id, successor.run.attempt) == (claim.run_id, 1)
    with pytest.raises(LeaseLost):
        claim.beat()


def test_a_command_takes_the_queued_run_of_its_slot_however_late_it_is_due(runs: Runs, patient: Leases) -> None:
    queued = runs.enqueue("analysis", 1, due_at=utc_now() + timedelta(hours=1))
    assert patient.claim_slot("me", "analysis", 1, requested_by="ann").run_id == queued.id


def test_a_command_is_told_who_runs_its_slot_and_leaves_nothing_behind(runs: Runs, patient: Leases) -> None:
    runs.enqueue("analysis", 1)
    claimed(patient, "host/77/abc")
    with pytest.raises(Conflict, match="host/77/abc"):
        patient.claim_slot("me", "analysis", 1, requested_by="ann")
    assert runs.history(state=RunState.QUEUED) == []
    assert patient.claim_slot("me", "analysis", 2, requested_by="ann").run.project_id == 2


def test_history_is_filtered_and_paged_from_the_newest(runs: Runs) -> None:
    ids = [runs.enqueue(worker, project).id for worker in ("analysis", "dream") for project in (1, 2)]
    assert [run.id for run in runs.history(limit=3)] == ids[:0:-1]
    assert [run.id for run in runs.history(before_id=ids[1])] == ids[:1]
    assert [run.id for run in runs.history("dream", 2, RunState.QUEUED)] == ids[3:]


def test_queue_lag_counts_what_could_be_taken(runs: Runs, patient: Leases) -> None:
    assert runs.queue_lag_s() == 0
    runs.enqueue("analysis", 1, due_at=utc_now() - timedelta(seconds=30))
    assert 30 <= runs.queue_lag_s() < 90
    claim = claimed(patient)
    runs.enqueue("analysis", 1, due_at=utc_now() - timedelta(seconds=90))
    assert runs.queue_lag_s() == 0
    claim.finish(RunState.SUCCESS)
    assert runs.queue_lag_s() >= 90


def test_pruning_keeps_what_traces_name(runs: Runs, patient: Leases, database: Database) -> None:
    for worker, produced in (("analysis", 0), ("dream", 1)):
        runs.enqueue(worker, 1)
        claim = claimed(patient)
        claim.step("work", lambda: 1)
        claim.finish(RunState.SUCCESS, outcome={"produced": produced})
    queued = runs.enqueue("think", 1)
    assert runs.prune(keep_days=1) == 0
    with database.transaction() as session:
        for run in session.exec(select(Run).where(Run.state == RunState.SUCCESS)):
            run.finished_at = utc_now() - timedelta(days=2)
    assert runs.prune(keep_days=1) == 1
    assert [run.worker for run in runs.history()] == [queued.worker, "dream"]
    with database.reading() as session:
        assert session.exec(select(RunStep)).all() == []
