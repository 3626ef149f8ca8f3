"""The columns of the table of runs, and what is done with many of them at once."""

from collections.abc import Sequence
from datetime import datetime, timedelta

from sigma_core.bulk import BulkOutcome
from sigma_core.console import session, widgets, words
from sigma_core.console.components.signs import RUN_TONES, shape
from sigma_core.console.table.columns import BulkAct, Table, TableColumn
from sigma_core.console.table.moments import moment_column
from sigma_core.listing import Row
from sigma_core.state_machine import ENDED, RunState


def _state(row: Row) -> str:
    return f"{shape(RUN_TONES[row['state']])} {words.headed(words.RUN_STATES[row['state']])}"


def result(row: Row) -> str:
    """How it ended, or what it is doing, in a line."""
    if row["error"]:
        return str(row["error"]).strip().splitlines()[-1]
    if row["state"] in (RunState.QUEUED, RunState.RUNNING):
        return row["progress"] or f"asked by {row['requested_by']}"
    counted = [f"{words.count(row[name])} {name}" for name in ("produced", "published", "received") if row[name]]
    return ", ".join(counted) or "nothing new"


def took(started_at: datetime | None, finished_at: datetime | None) -> str:
    """How long a run took that has ended; empty before."""
    if started_at is None or finished_at is None:
        return ""
    return words.duration((finished_at - started_at) / timedelta(milliseconds=1))


def _took(row: Row) -> str:
    return took(row["started_at"], row["finished_at"])


def _open(row: Row) -> None:
    widgets.open_page("runs", run=row["id"])


def _again(rows: Sequence[Row], _: str) -> BulkOutcome:
    return session.system().runtime.runs.again_all([row["id"] for row in rows], session.actor())


def _cancel(rows: Sequence[Row], _: str) -> BulkOutcome:
    return session.system().runtime.runs.cancel_all([row["id"] for row in rows], session.actor())


TABLE = Table(
    name="runs",
    noun="run",
    columns=(
        TableColumn("id", "Number", is_number=True, width=74),
        TableColumn("worker", "Worker", width=90),
        TableColumn("project", "Project", width=110),
        TableColumn("state", "State", _state, width=110),
        moment_column("began_at", "Began", "small"),
        TableColumn("duration_ms", "Took", _took, comes_last_first=True, width="small"),
        TableColumn("error", "Result", result, width="large"),
        TableColumn("requested_by", "Asked by", is_first_shown=False, width="small"),
        moment_column("queued_at", "Asked", "small", is_first_shown=False),
        moment_column("finished_at", "Ended", "small", is_first_shown=False),
        TableColumn("attempt", "Attempt", is_number=True, is_first_shown=False, width="small"),
        TableColumn("produced", "Produced", is_number=True, is_first_shown=False, width="small"),
        TableColumn("published", "Published", is_number=True, is_first_shown=False, width="small"),
        TableColumn("received", "Received", is_number=True, is_first_shown=False, width="small"),
    ),
    filters=("worker", "run-state", "run-text", "exchange"),
    acts=(
        BulkAct(
            "Run again",
            "The same is asked for once more, before what the schedule asks for.",
            _again,
            fits=lambda row: row["state"] in ENDED,
        ),
        BulkAct(
            "Cancel",
            "What waits is called off at once, what is being executed at its next step.",
            _cancel,
            fits=lambda row: row["state"] in (RunState.QUEUED, RunState.RUNNING),
        ),
    ),
    open=_open,
)
