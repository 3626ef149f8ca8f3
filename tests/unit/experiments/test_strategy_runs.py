"""Runs of strategies: asked, executed once, recorded, cancelled, taken over, kept."""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

import pytest
from fakes.patience import until
from fakes.strategy_catalog import FakeCatalog, Figure, Found, echo
from sqlmodel import select

from sigma_core.audit import AuditEntry
from sigma_core.database import Database
from sigma_core.errors import Cancelled, Conflict, Forbidden, Invalid, NotFound
from sigma_core.experiments.run_lease import LEASE, held
from sigma_core.experiments.run_state import StrategyRunStates
from sigma_core.experiments.strategy_runs import StrategyRuns
from sigma_core.experiments.tables import StrategyRun
from sigma_core.state_machine import RunState


@dataclass
class Watcher:
    """Waits for a job; `then` happens whenever it hears something."""

    then: Callable[[], None] = lambda: None
    heard: list[str] = field(default_factory=list)

    def progress(self, text: str) -> None:
        self.heard.append(text)
        self.then()


def test_a_run_here_and_now_tells_its_progress_and_keeps_all_that_came_of_it(runs: StrategyRuns) -> None:
    heard: list[str] = []
    run = runs.run("echo", "dream", {"query": "cart", "k": 7}, actor="ada", project_id=1, tell=heard.append)
    assert heard == ["thinking"]
    assert (run.status, run.summary, run.graph_version, run.progress) == ("success", "found cart", "graph/1", None)
    assert run.metrics == {"precision": {"value": 0.7, "n": 10, "better": "higher", "note": None}}
    assert run.parameters == {"query": "cart", "k": 7}
    assert run.duration_ms is not None
    assert run.finished_at >= run.started_at >= run.queued_at


def test_metrics_of_the_newest_runs_are_told_in_order_and_in_bounds(runs: StrategyRuns) -> None:
    for place in range(4):
        runs.run("echo", "dream", {"query": "cart", "k": place}, actor="ada", project_id=1)
    with pytest.raises(ZeroDivisionError):
        runs.run("broken", "dream", {}, actor="ada", project_id=1)
    told = runs.record.measured("echo", worker="dream", project_id=1, limit=3)
    assert [(run.id, run.parameters["k"], run.value("precision")) for run in told] == [
        (2, 1, 0.1),
        (3, 2, 0.2),
        (4, 3, 0.3),
    ]
    assert told[0].at <= told[2].at
    assert told[0].value("recall") is None
    for other in ({"worker": "think"}, {"project_id": 2}, {"saved": True}):
        assert runs.record.measured("echo", **other) == []
    assert runs.record.measured("broken") == []


def test_what_fails_is_raised_and_recorded(runs: StrategyRuns) -> None:
    with pytest.raises(ZeroDivisionError):
        runs.run("broken", "dream", {}, actor="ada")
    (failed,) = runs.record.list()
    assert failed.status == RunState.ERROR
    assert "no graph is that small" in (failed.error or "")


@pytest.mark.parametrize(
    ("asked", "error"),
    [
        (("no such", "dream", {}), NotFound),
        (("echo", "recall", {}), Forbidden),
        (("echo", "dream", {"querry": "x"}), Invalid),
    ],
)
def test_what_may_not_be_asked_leaves_no_row(
    runs: StrategyRuns, asked: tuple[str, str, dict[str, str]], error: type[Exception]
) -> None:
    for do in (runs.run, runs.ask):
        with pytest.raises(error):
            do(*asked, actor="ada")
    with pytest.raises(NotFound):
        runs.ask("echo", "dream", {}, actor="ada", project_id=99)
    assert list(runs.record.list()) == []


def test_the_same_question_waits_once_and_another_beside_it(runs: StrategyRuns, enqueued: list[str]) -> None:
    first = runs.ask("echo", "dream", {"query": "a"}, actor="ada")
    assert runs.ask("echo", "dream", {"query": "a", "k": 1}, actor="ben").id == first.id
    other = runs.ask("echo", "dream", {"query": "b"}, actor="ada")
    assert other.id != first.id
    assert enqueued == ["ada", "ben", "ada"]
    watcher = Watcher()
    assert runs.work_off(7, watcher) == 2
    assert [run.status for run in runs.record.list()] == ["success", "success"]
    assert watcher.heard == ["echo for dream", "thinking"] * 2
    assert runs.ask("echo", "dream", {"query": "a"}, actor="ada").id not in (first.id, other.id)


def test_one_that_fails_does_not_keep_the_next_from_running(runs: StrategyRuns) -> None:
    runs.ask("broken", "dream", {}, actor="ada")
    runs.ask("echo", "dream", {}, actor="ada")
    assert runs.work_off(7, Watcher()) == 2
    assert [run.status for run in runs.record.list()] == ["success", "error"]


def test_a_waiting_run_is_cancelled_at_once_and_a_running_one_when_it_next_speaks(
    runs: StrategyRuns, catalog: FakeCatalog
) -> None:
    waiting = runs.ask("echo", "dream", {"query": "a"}, actor="ada")
    assert runs.cancel(waiting.id or 0, actor="ada").status == RunState.CANCELLED
    with pytest.raises(Conflict):
        runs.cancel(waiting.id or 0, actor="ada")

    def think(parameters: object, watch: Watcher) -> Found:
        runs.cancel(running.id or 0, actor="ben")
        watch.progress("half way")
        raise AssertionError("it went on")

    catalog.thoughts["slow"] = think
    running = runs.ask("slow", "dream", {}, actor="ada")
    runs.ask("echo", "dream", {}, actor="ada")
    assert runs.work_off(7, Watcher()) == 2
    assert runs.record.get(running.id or 0).status == RunState.CANCELLED
    assert runs.record.list()[0].status == RunState.SUCCESS


def test_a_job_that_is_stopped_leaves_its_run_to_whoever_takes_the_job_over(
    runs: StrategyRuns, catalog: FakeCatalog
) -> None:
    def stop() -> None:
        raise Cancelled("this process is stopping")

    run = runs.ask("echo", "dream", {"query": "a"}, actor="ada")
    with pytest.raises(Cancelled):
        runs.work_off(7, Watcher(stop))
    assert runs.record.get(run.id or 0).status == RunState.RUNNING
    assert runs.work_off(7, Watcher()) == 1
    assert (runs.record.get(run.id or 0).status, len(catalog.ran)) == (RunState.SUCCESS, 1)


def test_a_run_whose_process_dies_twice_has_failed_and_its_ghost_records_nothing(
    runs: StrategyRuns, states: StrategyRunStates
) -> None:
    run = runs.ask("echo", "dream", {}, actor="ada")
    first, second = states.take(7), states.take(7)
    assert first is not None
    assert second is not None
    assert (first.id, second.id, second.attempt) == (run.id, run.id, 2)
    assert not states.finish(first, RunState.SUCCESS, summary="from the dead")
    assert states.take(7) is None
    failed = runs.record.get(run.id or 0)
    assert failed.status == RunState.ERROR
    assert "each time its process ended" in (failed.error or "")
    assert failed.summary is None


def test_what_an_ended_job_or_a_killed_command_left_is_marked_as_failed(
    runs: StrategyRuns, states: StrategyRunStates, database: Database
) -> None:
    runs.ask("echo", "dream", {}, actor="ada")
    taken = states.take(7)
    assert states.has_unfinished()
    assert states.take(8) is None
    assert taken is not None
    assert runs.record.get(taken.id or 0).status == RunState.ERROR
    assert not states.has_unfinished()
    killed = runs.run("echo", "dream", {}, actor="ada")
    with database.transaction() as session:
        row = session.get_one(StrategyRun, killed.id)
        row.status, row.lease_until = RunState.RUNNING, database.now(session) - timedelta(seconds=1)
    assert states.has_unfinished()
    assert states.take(9) is None
    assert not states.has_unfinished()
    assert runs.record.get(killed.id or 0).status == RunState.ERROR


def test_a_run_in_place_is_kept_while_its_process_lives_however_long_it_is_silent(
    runs: StrategyRuns, states: StrategyRunStates, catalog: FakeCatalog, database: Database
) -> None:
    def lease(run: StrategyRun) -> datetime:
        return runs.record.get(run.id or 0).lease_until or datetime.min.replace(tzinfo=UTC)

    def think(_parameters: object, _watch: Watcher) -> Found:
        (run,) = runs.record.list()
        assert lease(run) > run.queued_at + LEASE / 2
        with database.transaction() as session:
            session.get_one(StrategyRun, run.id).lease_until = run.queued_at - timedelta(days=1)
        with held(database, run, beat_s=0.01):
            until(lambda: lease(run) > run.queued_at)
            assert states.take(9) is None
        return Found("in the end")

    catalog.thoughts["long"] = think
    assert runs.run("long", "dream", {}, actor="ada").status == RunState.SUCCESS


def test_what_is_given_up_in_place_records_nothing_and_is_told(
    runs: StrategyRuns, states: StrategyRunStates, catalog: FakeCatalog, database: Database
) -> None:
    def think(_parameters: object, _watch: Watcher) -> Found:
        with database.transaction() as session:
            session.get_one(StrategyRun, 1).lease_until = database.now(session) - timedelta(seconds=1)
        assert states.take(9) is None
        return Found("from the dead")

    catalog.thoughts["stopped"] = think
    with pytest.raises(Conflict, match="given up meanwhile"):
        runs.run("stopped", "dream", {}, actor="ada")
    given_up = runs.record.get(1)
    assert (given_up.status, given_up.summary) == (RunState.ERROR, None)
    assert given_up.error == "Its process ended before it did."


def test_what_waits_without_a_job_gets_one(runs: StrategyRuns, enqueued: list[str]) -> None:
    runs.look()
    assert enqueued == []
    runs.ask("echo", "dream", {}, actor="ada")
    runs.look()
    assert enqueued == ["ada", "strategy runs"]


def test_a_rerun_has_the_same_parameters_and_names_the_first(runs: StrategyRuns) -> None:
    first = runs.run("echo", "dream", {"query": "cart"}, actor="ada", project_id=2)
    again = runs.run_again(first.id or 0, actor="ben")
    assert (again.rerun_of, again.parameters, again.project_id, again.requested_by) == (
        first.id,
        first.parameters,
        2,
        "ben",
    )
    assert runs.ask_again(first.id or 0, actor="ben").rerun_of == first.id
    with pytest.raises(NotFound):
        runs.ask_again("seven", actor="ben")


def test_two_runs_are_compared_by_metric_parameter_and_entity(runs: StrategyRuns) -> None:
    one = runs.run("echo", "dream", {"query": "cart", "k": 3}, actor="ada")
    two = runs.run("echo", "dream", {"query": "shop", "k": 5}, actor="ada")
    found = runs.record.compare(one.id or 0, two.id or 0)
    (metric,) = found.metrics
    assert (metric.name, metric.verdict) == ("precision", "better")
    assert metric.difference == pytest.approx(0.2)
    assert found.parameters == {"query": ("cart", "shop"), "k": (3, 5)}
    assert (found.only_first, found.only_second) == (("cart",), ("shop",))
    waiting = runs.ask("echo", "dream", {}, actor="ada")
    with pytest.raises(Conflict):
        runs.record.compare(one.id or 0, waiting.id or 0)


def test_less_is_better_where_the_metric_says_so(runs: StrategyRuns, catalog: FakeCatalog) -> None:
    catalog.thoughts["count"] = lambda parameters, _: Found("", {"wrong": Figure(parameters["k"], better="lower")})
    ids = [runs.run("count", "dream", {"k": k}, actor="ada").id or 0 for k in (5, 3, 3)]
    assert runs.record.compare(*ids[:2]).metrics[0].verdict == "better"
    assert runs.record.compare(ids[1], ids[0]).metrics[0].verdict == "worse"
    assert runs.record.compare(*ids[1:]).metrics[0].verdict == "same"


def test_the_list_is_filtered_and_paged(runs: StrategyRuns) -> None:
    for k in range(5):
        runs.run("echo", "dream" if k % 2 else "think", {"k": k}, actor="ada", project_id=1 + k % 2)
    first_page = runs.record.list(limit=2)
    assert [run.parameters["k"] for run in first_page] == [4, 3]
    assert [run.parameters["k"] for run in runs.record.list(before_id=first_page[-1].id)] == [2, 1, 0]
    assert {run.worker for run in runs.record.list(worker="think")} == {"think"}
    assert len(runs.record.list(project_id=2, status="success")) == 2
    assert runs.record.list(status="error") == []
    with pytest.raises(Invalid):
        runs.record.list(status="odd")


def test_saved_runs_outlive_the_clean_up_and_people_are_named(runs: StrategyRuns, database: Database) -> None:
    kept, gone = (runs.run("echo", "dream", {"k": k}, actor="ada").id or 0 for k in (1, 2))
    runs.record.save(kept, saved=True, actor="ben")
    with database.transaction() as session:
        for run in session.exec(select(StrategyRun)):
            run.finished_at = database.now(session) - timedelta(days=40)
    assert runs.record.prune(30) == 1
    assert [run.id for run in runs.record.list()] == [kept]
    assert not runs.record.save(kept, saved=False, actor="ben").saved
    with database.reading() as session:
        entries = [(each.actor, each.action, each.object) for each in session.exec(select(AuditEntry))]
    assert entries == [("ben", "save", f"strategy_run/{kept}"), ("ben", "unsave", f"strategy_run/{kept}")]
    with pytest.raises(NotFound):
        runs.record.get(gone)


def test_a_result_that_is_too_large_says_what_is_missing(runs: StrategyRuns, catalog: FakeCatalog) -> None:
    many = [{"uuid": str(n), "name": "n" * 100} for n in range(20_000)]
    catalog.thoughts["much"] = lambda _parameters, _watch: Found(
        "much", details={"entities": many, "few": [1, 2], "nan": float("nan"), "odd": "a\0\ud800"}
    )
    run = runs.run("much", "dream", {}, actor="ada")
    assert run.result is not None
    assert 5 <= len(run.result["entities"]) < 20_000
    assert run.cut == f"Too large to keep whole; kept are entities: {len(run.result['entities'])} of 20000."
    assert run.result["few"] == [1, 2]
    assert run.result["nan"] is None
    catalog.thoughts["text"] = lambda _parameters, _watch: Found("text", details={"text": "x" * 300_000})
    text = runs.run("text", "dream", {}, actor="ada")
    assert (text.status, text.result) == ("success", {})
    assert "was not kept" in (text.cut or "")


def test_what_was_asked_is_found_again_by_its_digest(runs: StrategyRuns) -> None:
    first = runs.run("echo", "dream", {"query": "a"}, actor="ada")
    second = runs.run("echo", "dream", {"query": "a"}, actor="ada")
    latest = runs.record.latest(first.digest)
    assert latest is not None
    assert latest.id == second.id
    assert runs.record.latest("0" * 64) is None


def test_looking_at_a_result_and_judging_it_count_once(runs: StrategyRuns, catalog: FakeCatalog) -> None:
    run = runs.run("echo", "dream", {}, actor="ada")
    opened = runs.record.opened(run.id or 0).opened_at
    assert opened is not None
    assert runs.record.opened(run.id or 0).opened_at == opened
    assert runs.record.judge(run.id or 0, useful=False, actor="ada").useful is False
    catalog.thoughts["other"] = echo
    records, newest = runs.record.records("dream", {"echo": "precision", "other": "precision"})
    assert (records["echo"].useful, records["echo"].tried, records["other"].tried) == (0, 1, 0)
    assert newest == run.id
