"""The columns of the table of proposals, and what is done with many of them at once."""

from collections.abc import Sequence

from sigma_core.bulk import BulkOutcome
from sigma_core.console import session, widgets, words
from sigma_core.console.components.signs import VERDICT_TONES, shape
from sigma_core.console.table.columns import BulkAct, Table, TableColumn
from sigma_core.console.table.moments import moment_column
from sigma_core.listing import Row
from sigma_core.proposals.snapshot import ProposalSnapshot
from sigma_core.proposals.tables import ProposalState, Verdict

_UNDECIDED = (ProposalState.NEEDS_HUMAN, ProposalState.WAITING)


def _state(row: Row) -> str:
    return f"{shape(VERDICT_TONES[row['state']])} {words.STATES[row['state']]}"


def _reason(row: Row) -> str:
    reasons: Sequence[str] = row["reasons"] or ()
    return reasons[0] if reasons else ""


def _open(row: Row) -> None:
    widgets.open_page("proposals", proposal=row["id"])


def _decide(verdict: Verdict, rows: Sequence[Row], reason: str) -> BulkOutcome:
    seen = {row["id"]: ProposalSnapshot(row["state"], row["base_commit"], row["decision_id"]) for row in rows}
    return session.system().proposals.service.decide_all(
        verdict, seen, reason=reason.strip() or None, actor=session.actor()
    )


TABLE = Table(
    name="proposals",
    noun="proposal",
    columns=(
        TableColumn("id", "Number", is_number=True, width=74),
        TableColumn("title", "Title", width=290),
        TableColumn("state", "State", _state, width=130),
        TableColumn("reasons", "Reason", _reason, width=255),
        TableColumn("project", "Project", width=110),
        moment_column("changed_at", "Changed", "small"),
        TableColumn("rule", "Rule", width=80),
        TableColumn("assignee", "Assignee", lambda row: row["assignee"] or "", is_first_shown=False, width=140),
        TableColumn("files", "Files", lambda row: ", ".join(row["files"]), width=240),
        moment_column("created_at", "Proposed", "small", is_first_shown=False),
        TableColumn("change_type", "Kind", is_first_shown=False, width="small"),
        TableColumn("fixer", "Fixer", lambda row: row["fixer"].replace("_", " "), is_first_shown=False),
        TableColumn("origin", "Origin", is_first_shown=False, width="small"),
        TableColumn("confidence", "Confidence", is_number=True, format="%.2f", is_first_shown=False, width="small"),
        TableColumn("base_commit", "Base", lambda row: row["base_commit"][:8], is_first_shown=False, width="small"),
    ),
    filters=("state", "q", "assigned"),
    acts=(
        BulkAct(
            "Approve",
            "Each may be applied to a branch then. One that has changed since it was shown here is left as it is.",
            lambda rows, reason: _decide(Verdict.APPROVED, rows, reason),
            fits=lambda row: row["state"] == ProposalState.NEEDS_HUMAN,
        ),
        BulkAct(
            "Reject",
            "One reason for all of them. What learns from decisions reads it. One that has changed since it was shown "
            "here is left as it is.",
            lambda rows, reason: _decide(Verdict.REJECTED, rows, reason),
            needs_reason=True,
            fits=lambda row: row["state"] in (*_UNDECIDED, ProposalState.APPROVED),
        ),
    ),
    open=_open,
)
