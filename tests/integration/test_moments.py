"""A clock that ran ahead, and is right again, on both databases."""

import threading
from collections.abc import Iterator
from datetime import timedelta

import pytest
from fakes.knowledge import VALID
from fakes.runner_parts import USUAL, add_projects, make_runner
from fakes.steered_database import SteeredDatabase
from sqlalchemy import delete
from sqlmodel import func, select

from sigma_core.clock import utc_now
from sigma_core.database import Database
from sigma_core.errors import BudgetExceeded, Conflict
from sigma_core.exchange.registry import Registry
from sigma_core.exchange.service import Exchange
from sigma_core.exchange.tables import Delivery
from sigma_core.experiments.run_history import RunHistory
from sigma_core.llm.budget_tables import BudgetDay
from sigma_core.llm.budgets import Budgets
from sigma_core.llm.health import ModelHealth
from sigma_core.llm.scopes import Charge
from sigma_core.runtime.executors import Executors
from sigma_core.runtime.idempotency import IdempotencyStore
from sigma_core.runtime.leases import Leases
from sigma_core.runtime.moments import ClockWatch, set_right
from sigma_core.runtime.retention import Retention
from sigma_core.runtime.runs import Runs
from sigma_core.runtime.schedule import Schedule
from sigma_core.runtime.service import Chore, Service
from sigma_core.runtime.visits import Visits
from sigma_core.runtime.witnessed_time import RetentionTime
from sigma_core.state_machine import RunState

DAY_S = 86_400
HOUR_S = 3600
LEASE_S = 15


@pytest.fixture(params=["sqlite", "postgresql"])
def steered(request: pytest.FixtureRequest) -> Iterator[SteeredDatabase]:
    database = SteeredDatabase(request.getfixturevalue(f"{request.param}_copy"))
    add_projects(database, (1,))
    yield database
    database.dispose()


def parts(database: SteeredDatabase) -> tuple[Runs, Schedule, Leases]:
    def clock():
        return utc_now() + database.ahead

    runs = Runs(database, clock)
    return (
        runs,
        Schedule(database, clock, runs, {"analysis": 600, "exchange": 30}),
        Leases(database, runs, lease_s=LEASE_S, attempts=3),
    )


def test_the_schedule_goes_on_at_once(steered: SteeredDatabase) -> None:
    _, schedule, _ = parts(steered)
    schedule.prepare()
    steered.forward(DAY_S)
    assert schedule.enqueue_due("exchange")
    steered.forward(-DAY_S)
    assert schedule.enqueue_due("exchange") == []
    assert set_right(steered, LEASE_S) >= 1
    assert schedule.enqueue_due("exchange")
    assert set_right(steered, LEASE_S) == 0


def test_cron_counts_from_now_and_an_honest_moment_stays(steered: SteeredDatabase) -> None:
    _, schedule, _ = parts(steered)
    schedule.set_cron("exchange", "* * * * *", "ann")
    schedule.set_cron("analysis", "0 0 1 1 *", "ann")
    honest = schedule.job("analysis").next_at
    steered.forward(DAY_S)
    assert schedule.enqueue_due("exchange")
    steered.forward(-DAY_S)
    assert set_right(steered, LEASE_S) >= 1
    assert schedule.job("exchange").next_at <= utc_now() + timedelta(minutes=1)
    assert schedule.job("analysis").next_at == honest
    assert set_right(steered, LEASE_S) == 0


def test_what_waited_in_the_queue_can_be_had(steered: SteeredDatabase) -> None:
    runs, _, leases = parts(steered)
    steered.forward(DAY_S)
    runs.enqueue("analysis", 1)
    steered.forward(-DAY_S)
    assert leases.claim("a") is None
    set_right(steered, LEASE_S)
    assert leases.claim("a") is not None


def test_a_dead_executors_run_is_taken_over_after_one_lease_and_a_living_ones_is_not(steered: SteeredDatabase) -> None:
    runs, _, leases = parts(steered)
    steered.forward(DAY_S)
    runs.enqueue("analysis", 1)
    claim = leases.claim("a")
    steered.forward(-DAY_S)
    set_right(steered, LEASE_S)
    assert leases.claim("b") is None
    claim.beat()
    steered.forward(LEASE_S + 1)
    assert leases.claim("b").run_id == claim.run_id


def test_an_executor_seen_tomorrow_does_not_live_until_then(steered: SteeredDatabase) -> None:
    executors = Executors(steered)
    steered.forward(DAY_S)
    executors.seen("a", "scheduler")
    steered.forward(-DAY_S)
    set_right(steered, LEASE_S)
    steered.forward(LEASE_S + 1)
    assert executors.alive(LEASE_S, "scheduler") == []


def test_a_model_that_rests_until_tomorrow_is_asked_again(steered: SteeredDatabase) -> None:
    with steered.transaction() as session:
        now = steered.now(session)
        session.add(
            ModelHealth(model="m", failures=3, rests_until=now + timedelta(days=1), error="away", changed_at=now)
        )
    set_right(steered, LEASE_S)
    with steered.reading() as session:
        assert session.get_one(ModelHealth, "m").rests_until <= steered.now(session)


def test_a_budgets_day_that_has_not_come_is_counted_today(steered: SteeredDatabase) -> None:
    budgets = Budgets(steered, utc_now)
    budgets.set("day", 1000, "stop", actor="ada")
    charge = Charge("dream", "dream/error_fix", "m")
    with steered.transaction() as session:
        ahead = (steered.now(session) + timedelta(days=40)).date()
        session.add(BudgetDay(budget_id=1, day=ahead, spent_nano_usd=600))
    assert budgets.statuses()[0].room_nano_usd == 1000
    assert set_right(steered, LEASE_S) >= 1
    assert budgets.statuses()[0].room_nano_usd == 400
    with steered.reading() as session:
        assert session.exec(select(func.count()).select_from(BudgetDay)).one() == 1
    with pytest.raises(BudgetExceeded):
        budgets.reserve(charge, 500, call_id="more", call_s=60)


def test_what_was_said_and_done_tomorrow_is_not_kept_longer_for_it(steered: SteeredDatabase) -> None:
    runs, _, leases = parts(steered)
    steered.forward(40 * DAY_S)
    runs.enqueue("analysis", 1)
    claim = leases.claim("a")
    claim.finish(RunState.SUCCESS)
    steered.forward(-40 * DAY_S)
    set_right(steered, LEASE_S)
    steered.forward(8 * DAY_S)
    assert runs.prune(7) == 1


def test_what_happened_tomorrow_keeps_nobody_waiting_until_then(steered: SteeredDatabase) -> None:
    def clock():
        return utc_now() + steered.ahead

    visits, keys = Visits(steered, clock), IdempotencyStore(steered, clock)
    steered.forward(DAY_S)
    visits.since("ann")
    assert keys.begin("ann", "k", "POST /a") is None
    steered.forward(-DAY_S)
    with pytest.raises(Conflict, match="under way"):
        keys.begin("ann", "k", "POST /a")
    assert set_right(steered, LEASE_S) == 2
    left = clock()
    steered.forward(HOUR_S)
    assert visits.since("ann") <= left
    assert keys.begin("ann", "k", "POST /a") is None, "nobody is carrying it out any more"
    assert set_right(steered, LEASE_S) == 0


def test_retention_throws_nothing_young_away_while_the_clock_is_ahead_and_does_not_stand_still(
    steered: SteeredDatabase,
) -> None:
    def clock():
        return utc_now() + steered.ahead

    runs, _, leases = parts(steered)
    exchange = Exchange(steered, clock, Registry())
    asked: list[float] = []
    retention = Retention(
        time=RetentionTime(steered),
        exchange=exchange,
        runs=runs,
        strategy_runs=RunHistory(steered, clock),
        forget_baselines=lambda days: asked.append(days) or 0,
        forget_texts=lambda _: 0,
        forget_notices=lambda _: 0,
        forget_orders=lambda _: 0,
    )
    exchange.publish("operator", "context_enrichment", VALID["context_enrichment"])
    with steered.transaction() as session:
        session.execute(delete(Delivery))
    runs.enqueue("analysis", 1)
    leases.claim("a").finish(RunState.SUCCESS)
    retention.keep()

    steered.forward(400 * DAY_S)
    ended, figures = retention.keep()
    assert (ended, figures["runs"]) == (0, 0)
    assert figures["problem"].startswith("400 d passed at once")
    assert asked[-1] == pytest.approx(430, abs=0.1)

    steered.forward(-400 * DAY_S)
    assert "problem" not in retention.keep()[1]
    done = []
    for _ in range(8):
        steered.forward(DAY_S - 60)
        ended, figures = retention.keep()
        done.append((ended, figures["runs"]))
    assert [sum(each) for each in zip(*done, strict=True)] == [1, 1]


def test_a_clock_that_is_put_back_is_noticed_once() -> None:
    now = [1000.0]
    watch = ClockWatch(lambda: now[0], lambda: 0.0)
    noticed = []
    for each in (1000.2, 5000.0, 1400.0, 1400.1):
        now[0] = each
        noticed.append(watch.was_put_back())
    assert noticed == [False, False, True, False]


def test_the_service_looks_at_everything_when_the_clock_is_put_back(sqlite_copy: str) -> None:
    database = Database(sqlite_copy)
    stop, done, times = threading.Event(), threading.Event(), list[int]()

    def do() -> None:
        times.append(len(times))
        if len(times) == 2:
            done.set()

    runs = Runs(database, utc_now)
    service = Service(
        Schedule(database, utc_now, runs, {}),
        make_runner(database, lambda *_: None, USUAL),
        grace_s=5,
        chores=[Chore("far off", DAY_S, do)],
        put_back=lambda: len(times) == 1,
    )
    thread = threading.Thread(target=service.run, args=[stop], daemon=True)
    thread.start()
    assert done.wait(60)
    stop.set()
    thread.join(60)
    database.dispose()
