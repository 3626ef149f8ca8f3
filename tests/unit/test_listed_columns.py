"""Long lists: their order, their pages, what is done to many at once, and the plans by which they are read."""

from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import event

from sigma_core.bulk import on_each
from sigma_core.clock import utc_now
from sigma_core.database import Database
from sigma_core.errors import Conflict, Invalid, NotFound
from sigma_core.issues.service import Issues
from sigma_core.listing import ListedRows
from sigma_core.projects.tables import Project
from sigma_core.proposals import listing as proposals
from sigma_core.proposals.listing import Wanted
from sigma_core.runtime import run_list
from sigma_core.runtime.lane_history import LaneRange
from sigma_core.runtime.run_list import WantedRuns
from sigma_core.runtime.saved_views import SavedViews
from sigma_core.runtime.status import Status
from sigma_core.runtime.tables import Run
from sigma_core.settings import Settings


@pytest.fixture
def many(database: Database) -> Database:
    """Two projects and forty runs."""
    now = utc_now()
    with database.transaction() as session:
        session.add_all(
            [Project(id=each, name=f"p{each}", path=f"/p{each}", head="a" * 40, created_at=now) for each in (1, 2)]
        )
        session.flush()
        session.add_all(
            Run(
                id=number,
                slot=f"s{number}",
                worker="exchange" if number % 4 == 0 else "think",
                project_id=None if number % 4 == 0 else 1 + number % 2,
                state="error" if number == 8 else "success",
                error="boom" if number == 8 else None,
                produced=number % 7,
                due_at=now,
                queued_at=now + timedelta(seconds=number),
            )
            for number in range(1, 41)
        )
    return database


def runs(database: Database, wanted: WantedRuns) -> ListedRows:
    return ListedRows(database, run_list.LIST, wanted.conditions)


def test_pages_hold_every_row_once_in_the_order_asked_for(many: Database):
    rows = runs(many, WantedRuns(with_exchange=True))
    paged = [row["id"] for offset in range(0, 40, 7) for row in rows.page("-produced", 7, offset)]
    assert len(paged) == rows.count() == 40
    assert sorted(paged) == list(range(1, 41))
    assert [row["produced"] for row in rows.page("-produced", 3)] == [6, 6, 6]
    assert [row["id"] for row in rows.every("-produced")] == paged
    assert len(list(rows.every(at_most=5))) == 5


def test_an_order_by_a_column_there_is_not_is_refused(many: Database):
    with pytest.raises(Invalid, match="sort"):
        runs(many, WantedRuns()).page("id; DROP TABLE run", 1)


def test_runs_of_the_exchange_are_left_out_but_for_those_that_failed(many: Database):
    assert runs(many, WantedRuns()).count() == 31
    assert [row["id"] for row in runs(many, WantedRuns(text="BOOM")).page(None, 10)] == [8]
    assert runs(many, WantedRuns(project_id=2, with_exchange=True)).count() == 30


@pytest.mark.parametrize(
    ("order", "index"),
    [("-changed_at", "ix_proposal_changed_at"), ("-id", "SCAN proposal")],
)
def test_a_page_of_proposals_is_read_by_an_index_and_not_by_sorting_all(
    sqlite_database: Database, order: str, index: str
):
    rows = ListedRows(sqlite_database, proposals.LIST, lambda session: proposals.conditions(session, Wanted()))
    told = plans_of(sqlite_database, lambda: rows.page(order, 25))
    choosing = told[: told.index("SCAN anon_1")]
    assert any(index in line for line in choosing)
    assert not any("TEMP B-TREE" in line for line in choosing)


def test_what_pages_show_of_runs_and_new_issues_is_read_by_indexes(sqlite_database: Database, tmp_path: Path):
    status = Status(sqlite_database, Settings(home=tmp_path))
    lanes = "\n".join(plans_of(sqlite_database, status.system))
    assert "USING INDEX ix_run_finished_at (finished_at>?)" in lanes
    month = LaneRange(timedelta(days=30), timedelta(hours=12))
    long_lanes = "\n".join(plans_of(sqlite_database, lambda: status.lane_history(month)))
    assert "USING INDEX ix_run_finished_at (finished_at>?)" in long_lanes
    assert "SCAN run " not in long_lanes
    failing = "\n".join(plans_of(sqlite_database, status.failing))
    assert "ix_run_worker_project_id_id_state (worker=? AND project_id=? AND id>?)" in failing
    counting = "\n".join(plans_of(sqlite_database, Issues(sqlite_database, utc_now).counts))
    assert "COVERING INDEX ix_issue_project_id_state_severity" in counting
    assert "TEMP B-TREE" not in counting
    since = "\n".join(plans_of(sqlite_database, lambda: status.since(utc_now())))
    assert "ix_issue_opened_at (opened_at>?)" in since


def plans_of(database: Database, read) -> list[str]:
    """What SQLite says of how it answers each of the queries that `read` makes."""
    asked: list[tuple[str, object]] = []
    event.listen(
        database.engine, "before_cursor_execute", lambda _c, _u, query, values, *_: asked.append((query, values))
    )
    read()
    found: list[str] = []
    with database.engine.connect() as connection:
        for query, values in asked:
            if query.startswith("SELECT"):
                found += [str(row[3]) for row in connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {query}", values)]
    return found


def test_what_refuses_one_of_many_keeps_no_other_from_being_done():
    done: list[int] = []

    def act(id_: int) -> None:
        if id_ == 2:
            raise Conflict("Two has changed.")
        done.append(id_)

    outcome = on_each([1, 2, 3], act)
    assert (outcome.done, outcome.refused, done) == ([1, 3], {2: "Two has changed"}, [1, 3])


def test_what_is_wrong_with_the_request_itself_is_raised_once():
    def act(id_: int) -> None:
        raise Invalid({"reason": "tell why"})

    with pytest.raises(Invalid, match="tell why"):
        on_each([1, 2], act)
    assert on_each([3], lambda _: (_ for _ in ()).throw(NotFound("run", 3))).refused == {3: "No run 3"}


def test_views_are_one_persons_and_bounded(database: Database):
    ann, bob = (SavedViews(database, utc_now, name) for name in ("ann", "bob"))
    ann.save("runs", "failed", {"run-state": "error"})
    ann.save("runs", "failed", {"run-state": "cancelled"})
    ann.remember("runs", {"columns": ["id"]})
    assert ann.named("runs") == {"failed": {"run-state": "cancelled"}}
    assert ann.last("runs") == {"columns": ["id"]}
    assert (bob.named("runs"), bob.last("runs")) == ({}, {})
    with pytest.raises(Invalid, match="name"):
        ann.save("runs", " ", {})
    ann.remove("runs", "failed")
    assert ann.named("runs") == {}
