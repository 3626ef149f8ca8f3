"""Lanes of hours and days, added up by either database."""

from datetime import UTC, datetime, timedelta

import pytest
from sqlmodel import Session

from sigma_core.audit import AuditEntry
from sigma_core.database import Database
from sigma_core.experiments.tables import Experiment
from sigma_core.projects.tables import Project
from sigma_core.prompts.tables import PromptLabelMove, PromptTemplate
from sigma_core.runtime.lane_history import LaneHistory, LaneRange, read_history
from sigma_core.runtime.tables import Run

NOW = datetime(2026, 11, 22, 13, 30, 7, tzinfo=UTC)
DAY = LaneRange(timedelta(hours=24), timedelta(minutes=20))
BEGIN = datetime(2026, 11, 21, 13, 40, tzinfo=UTC)


def run(worker: str, state: str, ended: datetime | None, project_id: int | None = 1) -> Run:
    began = (ended or NOW) - timedelta(minutes=2)
    return Run(
        slot=f"{worker}/{state}/{ended}",
        worker=worker,
        project_id=project_id,
        state=state,
        due_at=began,
        queued_at=began,
        started_at=began,
        finished_at=ended,
    )


def history_of(database: Database, *rows: object, project_id: int | None = None) -> LaneHistory:
    with database.transaction() as session:
        session.add_all([Project(id=at, name=f"p{at}", path=f"/p{at}", head="a" * 40, created_at=NOW) for at in (1, 2)])
        session.flush()
        session.add_all(rows)
    with database.reading() as session:
        return read_history(session, NOW, DAY, project_id)


def counts(history: LaneHistory, worker: str) -> dict[int, dict[str, int]]:
    return {bucket.place: {str(state): n for state, n in bucket.counts.items()} for bucket in history.lanes[worker]}


def test_runs_are_added_up_by_worker_step_and_state(database: Database):
    step = DAY.step
    history = history_of(
        database,
        run("dream", "success", BEGIN - timedelta(seconds=1)),
        run("dream", "success", BEGIN),
        run("dream", "error", BEGIN + step - timedelta(seconds=1)),
        run("dream", "success", BEGIN + step),
        run("dream", "cancelled", BEGIN + step + timedelta(seconds=5)),
        run("dream", "success", NOW),
        run("dream", "running", None),
        run("think", "error", BEGIN + 7 * step, None),
        Run(slot="queued", worker="think", project_id=1, state="queued", due_at=NOW, queued_at=NOW),
    )
    assert history.begins_at == BEGIN
    assert counts(history, "dream") == {
        0: {"success": 1, "error": 1},
        1: {"success": 1, "cancelled": 1},
        71: {"success": 1, "running": 1},
    }
    assert counts(history, "think") == {7: {"error": 1}}
    assert (history.finished("dream"), history.ok_rate("dream")) == (4, 0.75)
    assert (history.finished("analysis"), history.ok_rate("analysis")) == (0, None)


@pytest.mark.parametrize(
    ("project_id", "workers"), [(None, {"dream", "think", "exchange"}), (1, {"dream", "exchange"})]
)
def test_a_projects_lanes_hold_its_own_runs_and_those_for_none(
    database: Database, project_id: int | None, workers: set[str]
):
    rows = run("dream", "success", NOW), run("think", "success", NOW, 2), run("exchange", "success", NOW, None)
    assert set(history_of(database, *rows, project_id=project_id).lanes) == workers


def test_every_step_of_a_lane_is_its_own(database: Database):
    """What ends on a border belongs to the step that it begins, on either database."""
    rows = [run("dream", "success", BEGIN + at * DAY.step) for at in range(DAY.buckets)]
    assert counts(history_of(database, *rows), "dream") == {at: {"success": 1} for at in range(DAY.buckets)}


def move(hour: int, before: int | None, after: int, digest: str, label: str = "production") -> PromptLabelMove:
    return PromptLabelMove(
        worker="dream",
        type="error_fix",
        label=label,
        from_template=before and 1,
        from_number=before,
        to_template=1,
        to_number=after,
        digest=digest,
        actor="ana",
        reason="r",
        created_at=BEGIN + timedelta(hours=hour),
    )


def decision(id_: int, action: str, hour: int) -> AuditEntry:
    at = BEGIN + timedelta(hours=hour)
    return AuditEntry(actor="ana", action=action, object=f"experiment/{id_}", created_at=at)


def experiment(id_: int, project_id: int | None) -> Experiment:
    words = dict.fromkeys(("hypothesis", "approach", "metric", "rollback_plan"), "w")
    return Experiment(
        id=id_,
        name=f"e{id_}",
        scope="all",
        worker="think",
        project_id=project_id,
        risk="low",
        created_at=NOW,
        changed_at=NOW,
        **words,
    )


def test_what_came_into_force_and_what_was_taken_back_is_told_in_its_order(database: Database):
    with database.transaction() as session:
        _template(session)
    history = history_of(
        database,
        move(-30, None, 1, "one"),
        move(-20, 1, 2, "two"),
        move(2, 2, 3, "three"),
        move(3, 3, 4, "four", label="staging"),
        move(5, 3, 2, "two"),
        experiment(1, None),
        experiment(2, 2),
        decision(1, "promoted", 1),
        decision(2, "promoted", 4),
        decision(1, "rolled_back", 6),
        decision(1, "stopped", 7),
        decision(1, "promoted", -1),
        project_id=1,
    )
    told = [(change.subject, change.version, change.was_undone) for change in history.changes]
    assert told == [
        ("experiment “e1”", None, False),
        ("dream/error_fix", "v3", False),
        ("dream/error_fix", "v2", True),
        ("experiment “e1”", None, True),
    ]


def test_what_a_slot_begins_with_is_no_promotion(database: Database):
    with database.transaction() as session:
        _template(session)
    assert history_of(database, move(2, None, 1, "one")).changes == ()


def _template(session: Session) -> None:
    session.add(PromptTemplate(id=1, worker="dream", type="error_fix", name="built-in", created_at=NOW, changed_at=NOW))
