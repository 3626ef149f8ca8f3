"""The schedule on both databases, its clock turned by the test."""

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from threading import Barrier

import pytest
from fakes.runner_parts import add_projects
from sqlmodel import select

from sigma_core.audit import AuditEntry
from sigma_core.clock import utc_now
from sigma_core.database import Database
from sigma_core.errors import Conflict, Invalid, NotFound
from sigma_core.projects.tables import Project
from sigma_core.runtime.leases import Leases
from sigma_core.runtime.runs import Runs
from sigma_core.runtime.schedule import Schedule
from sigma_core.state_machine import RunState

START = datetime(2026, 1, 5, 8, tzinfo=UTC)


class TurnedClock:
    def __init__(self) -> None:
        self.now = START

    def __call__(self) -> datetime:
        return self.now

    def forward(self, seconds: float) -> None:
        self.now += timedelta(seconds=seconds)


@pytest.fixture
def clock() -> TurnedClock:
    return TurnedClock()


@pytest.fixture
def runs(database: Database) -> Runs:
    add_projects(database, (1, 2))
    return Runs(database, utc_now)


@pytest.fixture
def schedule(database: Database, clock: TurnedClock, runs: Runs) -> Schedule:
    schedule = Schedule(database, clock, runs, {"analysis": 600, "exchange": 30})
    schedule.prepare()
    return schedule


def queued(runs: Runs) -> list[str]:
    return sorted(run.slot for run in runs.history(state=RunState.QUEUED))


def test_a_tick_asks_for_one_run_per_project_and_the_exchange_once(schedule: Schedule, runs: Runs) -> None:
    schedule.enqueue_due("analysis")
    schedule.enqueue_due("exchange")
    assert queued(runs) == ["analysis/1", "analysis/2", "exchange"]
    assert {run.requested_by for run in runs.history()} == {"schedule"}


def test_of_two_schedulers_one_gets_the_tick(
    database: Database, clock: TurnedClock, schedule: Schedule, runs: Runs
) -> None:
    other = Schedule(database, clock, runs, {"analysis": 600, "exchange": 30})
    assert len(schedule.enqueue_due("analysis")) == 2
    assert other.enqueue_due("analysis") == []
    clock.forward(600)
    assert len(other.enqueue_due("analysis")) == 2
    assert schedule.enqueue_due("analysis") == []


def test_after_a_long_sleep_one_cycle_makes_up_for_all_missed_ones(
    schedule: Schedule, clock: TurnedClock, runs: Runs
) -> None:
    schedule.enqueue_due("exchange")
    clock.forward(3 * 24 * 3600 + 7)
    schedule.enqueue_due("exchange")
    assert schedule.enqueue_due("exchange") == []
    assert queued(runs) == ["exchange"]
    job = schedule.jobs()[1]
    assert job.last_enqueued_at == clock.now
    assert job.next_at == START + timedelta(seconds=3 * 24 * 3600 + 30)


def test_a_removed_project_is_left_alone(schedule: Schedule, database: Database, runs: Runs) -> None:
    with database.transaction() as session:
        session.get_one(Project, 1).removed_at = START
    schedule.enqueue_due("analysis")
    assert queued(runs) == ["analysis/2"]


def test_a_paused_job_starts_nothing_not_even_what_it_had_asked_for(
    schedule: Schedule, clock: TurnedClock, runs: Runs
) -> None:
    schedule.enqueue_due("analysis")
    runs.enqueue("analysis", 2, requested_by="ann", priority=10)
    schedule.pause("analysis", "bob")
    clock.forward(6000)
    assert schedule.enqueue_due("analysis") == []
    assert queued(runs) == ["analysis/2"]
    assert "paused by bob" in runs.history(project_id=1)[0].error
    schedule.resume("analysis", "bob")
    assert len(schedule.enqueue_due("analysis")) == 2


def test_a_person_may_run_a_paused_job_now_and_goes_first(schedule: Schedule, runs: Runs, database: Database) -> None:
    runs.enqueue("exchange")
    schedule.pause("analysis", "ann")
    assert [run.project_id for run in schedule.run_now("analysis", "ann")] == [1, 2]
    assert [run.project_id for run in schedule.run_now("analysis", "ann", project_id=2)] == [2]
    assert queued(runs) == ["analysis/1", "analysis/2", "exchange"]
    claim = Leases(database, runs, lease_s=60, attempts=3).claim("a")
    assert claim is not None
    assert (claim.run.slot, claim.run.requested_by) == ("analysis/1", "ann")


def test_running_now_without_a_project_says_how_to_add_one(schedule: Schedule, database: Database) -> None:
    with database.transaction() as session:
        for project in session.exec(select(Project)):
            project.removed_at = START
    with pytest.raises(Conflict, match="sigma project add"):
        schedule.run_now("analysis", "ann")


def test_a_new_interval_counts_from_the_last_cycle(schedule: Schedule, clock: TurnedClock) -> None:
    schedule.enqueue_due("analysis")
    clock.forward(100)
    assert schedule.set_every("analysis", 300, "ann").next_at == START + timedelta(seconds=300)
    assert schedule.set_every("analysis", 20, "ann").next_at == clock.now


def test_a_cron_expression_says_when_and_what_was_missed_is_made_up_for_once(
    schedule: Schedule, database: Database, clock: TurnedClock, runs: Runs
) -> None:
    schedule.enqueue_due("exchange")
    assert schedule.set_cron("exchange", "30  9 * * mon-fri", "ann").next_at == START + timedelta(hours=1.5)
    other = Schedule(database, clock, runs, {"analysis": 600, "exchange": 45})
    other.prepare()
    clock.forward(3600)
    assert other.enqueue_due("exchange") == []
    clock.forward(3 * 24 * 3600)
    assert [len(each.enqueue_due("exchange")) for each in (schedule, other, schedule)] == [1, 0, 0]
    job = schedule.job("exchange")
    assert (job.cron, job.next_at) == ("30 9 * * mon-fri", datetime(2026, 1, 8, 9, 30, tzinfo=UTC))
    schedule.pause("exchange", "ann")
    clock.forward(30 * 24 * 3600)
    assert schedule.enqueue_due("exchange") == []
    schedule.resume("exchange", "ann")
    assert [len(schedule.enqueue_due("exchange")) for _ in range(2)] == [1, 0]
    assert schedule.set_every("exchange", 60, "ann").cron is None


def test_a_clock_a_little_ahead_asks_for_no_moment_twice(
    schedule: Schedule, database: Database, clock: TurnedClock, runs: Runs
) -> None:
    ahead = Schedule(database, lambda: clock.now + timedelta(seconds=90), runs, {"analysis": 600, "exchange": 30})
    schedule.set_cron("exchange", "0 9 * * *", "ann")
    clock.forward(3600 - 60)
    assert ahead.enqueue_due("exchange")
    schedule.set_cron("exchange", "0 9-10 * * *", "ann")
    clock.forward(60)
    assert schedule.enqueue_due("exchange") == []
    assert schedule.job("exchange").next_at == START + timedelta(hours=2)


def test_a_wrong_expression_changes_nothing_nor_does_one_from_before_a_change(schedule: Schedule) -> None:
    with pytest.raises(Invalid, match="five fields"):
        schedule.set_cron("analysis", "0 3 * *", "ann")
    with pytest.raises(Conflict, match="runs every 600 s by now"):
        schedule.set_cron("analysis", "0 3 * * *", "ann", seen="every 30 s")
    assert schedule.job("analysis").cron is None


def test_the_next_times_are_told_before_anything_is_set(schedule: Schedule, clock: TurnedClock) -> None:
    schedule.enqueue_due("analysis")
    clock.forward(100)
    assert schedule.preview("analysis", 300, None) == [START + timedelta(seconds=300 * each) for each in (1, 2, 3)]
    assert schedule.preview("analysis", 300, "0 9 * * *", 2) == [START + timedelta(hours=1 + 24 * n) for n in (0, 1)]
    assert schedule.job("analysis").next_at == START + timedelta(seconds=600)


@pytest.mark.parametrize("every_s", [0, -5, 30 * 24 * 3600 + 1])
def test_an_interval_out_of_bounds_is_refused(schedule: Schedule, every_s: int) -> None:
    with pytest.raises(Invalid, match="every"):
        schedule.set_every("analysis", every_s, "ann")


def test_an_unknown_job_is_refused_with_the_known_ones(schedule: Schedule) -> None:
    for deed in (schedule.pause, schedule.resume, schedule.run_now):
        with pytest.raises(NotFound, match="analysis, exchange"):
            deed("lunch", "ann")


def test_a_restart_keeps_what_people_set_and_takes_up_changed_settings(
    schedule: Schedule, database: Database, clock: TurnedClock, runs: Runs
) -> None:
    schedule.pause("exchange", "ann")
    schedule.set_every("analysis", 77, "ann")
    restarted = Schedule(database, clock, runs, {"analysis": 1200, "exchange": 45, "dream": 5})
    restarted.prepare()
    assert [(job.name, job.every_s, job.paused) for job in restarted.jobs()] == [
        ("analysis", 77, False),
        ("exchange", 45, True),
        ("dream", 5, False),
    ]


def test_jobs_are_there_before_any_scheduler_was(database: Database, clock: TurnedClock, runs: Runs) -> None:
    schedule = Schedule(database, clock, runs, {"analysis": 600})
    assert [job.name for job in schedule.jobs()] == ["analysis"]


def test_all_can_be_paused_and_resumed_and_each_change_is_recorded(schedule: Schedule, database: Database) -> None:
    assert all(job.paused for job in schedule.pause_all("ann"))
    assert not any(job.paused for job in schedule.resume_all("bob"))
    schedule.set_every("analysis", 60, "eve")
    with database.reading() as session:
        recorded = [
            (entry.actor, entry.action, entry.object, entry.reason) for entry in session.exec(select(AuditEntry))
        ]
    assert recorded == [
        ("ann", "pause", "job/analysis", None),
        ("ann", "pause", "job/exchange", None),
        ("bob", "resume", "job/analysis", None),
        ("bob", "resume", "job/exchange", None),
        ("eve", "set interval", "job/analysis", "every 60 s"),
    ]


def test_schedulers_that_start_at_once_prepare_the_same_jobs(
    database: Database, clock: TurnedClock, runs: Runs
) -> None:
    jobs = {f"job {number}": 60 for number in range(20)}
    together = Barrier(4)

    def prepare(_: int) -> None:
        schedule = Schedule(database, clock, runs, jobs)
        together.wait(120)
        schedule.prepare()

    with ThreadPoolExecutor(4) as pool:
        list(pool.map(prepare, range(4)))
    assert [job.name for job in Schedule(database, clock, runs, jobs).jobs()] == list(jobs)
