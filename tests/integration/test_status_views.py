"""Read models over a whole database, on both stores."""

from datetime import timedelta

import pytest
from fakes.seed import seed
from sqlalchemy import event
from sqlmodel import select

from sigma_core.clock import utc_now
from sigma_core.database import Database
from sigma_core.errors import NotFound
from sigma_core.llm.tables import PromptUsage
from sigma_core.projects.tables import Project
from sigma_core.runtime.figures import p95
from sigma_core.runtime.runs import Runs
from sigma_core.runtime.status import Status
from sigma_core.runtime.tables import Executor, Run
from sigma_core.runtime.visits import FIRST, Visits
from sigma_core.settings import Settings


@pytest.fixture
def status(database: Database, tmp_path) -> Status:
    seed(database)
    return Status(database, Settings(home=tmp_path))


def states(status: Status) -> dict[str, str]:
    return {worker.name: str(worker.state) for worker in status.system().workers}


def test_each_worker_says_what_it_is_doing(status: Status):
    found = states(status)
    assert found["dream"] == "running"
    assert found["think"] == "waiting"
    assert found["analysis"] == "idle"
    assert list(found)[-1] == "exchange"


def test_without_a_heartbeat_what_is_due_is_stalled_and_the_rest_is_off(status: Status, database: Database):
    with database.transaction() as session:
        executor = session.exec(select(Executor)).one()
        executor.seen_at -= timedelta(minutes=10)
    found = states(status)
    assert (found["think"], found["analysis"], found["dream"]) == ("stalled", "off", "running")
    assert not status.system().scheduler_alive
    assert status.system().backlog == 2


def test_a_run_whose_lease_has_lapsed_waits_to_be_taken_over(status: Status, database: Database):
    with database.transaction() as session:
        run = session.get(Run, 90002)
        assert run is not None
        run.lease_until = utc_now() - timedelta(minutes=1)
    assert states(status)["dream"] == "waiting"


def test_a_paused_worker_is_not_on_schedule(status: Status):
    system = status.system()
    assert (system.on_schedule, len(system.cycles)) == (5, 6)
    assert not system.all_paused


def test_lanes_hold_the_last_hour_only(status: Status):
    system = status.system()
    bars = [bar for worker in system.workers for bar in worker.lane]
    assert bars
    assert all(bar.finished_at is None or bar.finished_at > system.now - timedelta(hours=1) for bar in bars)


def test_another_projects_runs_stay_out_of_the_lanes(status: Status):
    lanes = {worker.name: len(worker.lane) for worker in status.system(2).workers}
    assert lanes["analysis"] == 0
    assert lanes["think"] == 1
    assert lanes["exchange"] > 0


@pytest.mark.parametrize("project_id", [None, 1, 2])
def test_the_lanes_and_the_history_hold_the_same_runs_in_the_same_order(
    status: Status, database: Database, project_id: int | None
):
    runs, system = Runs(database, utc_now), status.system(project_id)
    for worker in system.workers:
        total = runs.count(worker.name, project_id)
        history = runs.history(worker.name, project_id, limit=max(total, 1))
        assert len(history) == total
        shown = [
            (run.id, run.state, run.started_at)
            for run in reversed(history)
            if run.started_at and (run.state == "running" or run.finished_at > system.now - timedelta(hours=1))
        ]
        assert [(bar.id, bar.state, bar.started_at) for bar in worker.lane] == shown
    assert sum(runs.count(worker.name, project_id) for worker in system.workers) == runs.count(None, project_id)


def test_the_figures_count_each_accepted_fix_once(status: Status):
    figures = status.figures()
    assert figures.accepted == sum(figures.accepted_daily)
    assert (figures.survived, figures.reverted) == (24, 1)
    assert figures.spend.calls == 8
    assert figures.spend.nano_usd == 0
    assert figures.lag_p95_s is not None


@pytest.mark.parametrize("project_id", [None, 1, 2])
def test_the_spend_is_what_the_calls_add_up_to(status: Status, database: Database, project_id: int | None):
    with database.reading() as session:
        rows = session.exec(select(PromptUsage)).all()
    own = [row for row in rows if project_id in (None, row.project_id)]
    found, now = status.figures(project_id).spend, status.system().now
    last = [row for row in own if row.created_at > now - timedelta(days=1)]
    assert (found.calls, found.unpriced) == (len(last), sum(row.cost_nano_usd is None for row in last))
    assert found.nano_usd == sum(row.cost_nano_usd or 0 for row in last)
    assert found.list_nano_usd == sum(row.list_nano_usd or 0 for row in last)
    days = [now.date() - timedelta(days=age) for age in reversed(range(7))]
    assert found.daily_nano_usd == tuple(sum(row.cost_nano_usd or 0 for row in own if row.day == day) for day in days)
    assert any(found.daily_nano_usd) is (project_id != 2)


def test_what_happened_since_a_moment_is_what_happened_after_it(status: Status):
    everything, nothing = status.since(utc_now() - timedelta(days=30)), status.since(utc_now())
    assert everything.opened == 59
    assert everything.reverted == (188,)
    assert nothing.nothing
    assert nothing.open == everything.open
    assert status.since(utc_now() - timedelta(days=30), 2).nothing


def test_a_case_holds_evidence_votes_decisions_and_outcomes(status: Status):
    case = status.case(188)
    assert case.evidence is not None
    assert [vote.member for vote in case.votes] == ["architect", "reviewer", "tester", "security", "optimizer"]
    assert case.committee is case.decision is case.decisions[-1]
    assert [outcome.kind for outcome in case.outcomes] == ["applied", "reverted"]
    with pytest.raises(NotFound):
        status.case(4711)


def test_a_proposal_without_evidence_is_a_case_too(status: Status):
    case = status.case(216)
    assert (case.evidence, case.votes, case.decision) == (None, (), None)


def test_who_waits_longest_comes_first(status: Status):
    assert [line.id for line in status.waiting_longest(None, 9)] == [210, 215, 214]
    assert status.waiting_longest(2, 9) == ()


def test_projects_come_with_their_issues_and_snapshot(status: Status):
    billing, shop = status.projects()
    assert billing.snapshot is None
    assert shop.snapshot is not None
    assert sum(shop.open_issues.values()) == 40
    assert shop.needs_person == 3


def test_two_hundred_projects_take_as_many_statements_as_two(status: Status, database: Database):
    statements: list[str] = []
    event.listen(database.engine, "before_cursor_execute", lambda *given: statements.append(given[2]))
    status.projects()
    few = len(statements)
    with database.transaction() as session:
        session.add_all(
            Project(id=number, name=f"p{number}", path=f"/p{number}", head="a" * 40, created_at=utc_now())
            for number in range(100, 300)
        )
    statements.clear()
    assert len(status.projects()) == 202
    assert len(statements) == few


@pytest.mark.parametrize(("values", "found"), [([], None), ([3], 3), (range(1, 101), 95), (range(1, 21), 19)])
def test_the_95th_percentile_is_a_value_that_was_measured(values, found):
    assert p95(list(values)) == found


def test_since_your_last_visit_means_before_the_pause(database: Database):
    now = utc_now()
    visits = Visits(database, lambda: now)
    first = visits.since("ada")
    assert first == now - FIRST
    now += timedelta(minutes=20)
    assert visits.since("ada") == first
    last_seen, now = now, now + timedelta(hours=3)
    assert visits.since("ada") == last_seen
    now += timedelta(minutes=5)
    assert visits.since("ada") == last_seen
    assert visits.since("grace") == now - FIRST


def test_a_failed_run_needs_nobody_once_its_worker_succeeded_on_its_project(status: Status, database: Database):
    def ended(number: int, state: str, minutes: int, project_id: int | None, worker: str = "analysis") -> None:
        at = utc_now() + timedelta(minutes=minutes)
        with database.transaction() as session:
            session.add(
                Run(
                    id=number,
                    slot=f"{project_id}/{worker}",
                    worker=worker,
                    project_id=project_id,
                    state=state,
                    requested_by="ada",
                    queued_at=at,
                    due_at=at,
                    started_at=at,
                    finished_at=at,
                )
            )

    before = {run.id for run in status.failing()}
    ended(95001, "error", 1, 1)
    ended(95002, "success", 2, 2)
    assert {run.id for run in status.failing()} - before == {95001}, "another project's success makes nothing good"
    assert 95001 not in {run.id for run in status.failing(2)}
    ended(95003, "cancelled", 3, 1)
    assert 95001 in {run.id for run in status.failing(1)}
    ended(95004, "success", 4, 1)
    ended(95005, "error", 5, 2)
    assert {run.id for run in status.failing()} - before == {95005}
    with database.transaction() as session:
        session.get_one(Project, 2).removed_at = utc_now()
    assert {run.id for run in status.failing()} <= before
