"""The columns of the table of issues, and what is done with many of them at once."""

from collections.abc import Mapping, Sequence

from sigma_core.bulk import BulkOutcome
from sigma_core.console import session, widgets, words
from sigma_core.console.components.signs import Tone, shape
from sigma_core.console.table.columns import BulkAct, Table, TableColumn
from sigma_core.console.table.moments import moment_column
from sigma_core.issues.triage import UNMENDED
from sigma_core.listing import Row

SEVERITY_TONES: Mapping[str, Tone] = {"critical": "bad", "error": "warn", "warning": "wait", "info": "off"}


def _severity(row: Row) -> str:
    return f"{shape(SEVERITY_TONES[row['severity']])} {words.headed(row['severity'])}"


def _worth(row: Row) -> str:
    """The number that issues are ordered by, and its two parts: how much it matters, and what its rule is worth."""
    return f"{row['expected']:.2f} = {row['matters']:.2f} × {row['rule_value']:.2f}"


def _open(row: Row) -> None:
    widgets.open_page("issues", issue=row["id"])


def _ignore(rows: Sequence[Row], reason: str) -> BulkOutcome:
    return session.system().issues.service.ignore_all([row["id"] for row in rows], reason, session.actor())


TABLE = Table(
    name="issues",
    noun="issue",
    columns=(
        TableColumn("id", "Number", is_number=True, width=74),
        TableColumn("severity", "Severity", _severity, comes_last_first=True, width=96),
        TableColumn("expected", "Worth", _worth, comes_last_first=True, width=140),
        TableColumn("rule", "Rule", width=110),
        TableColumn("message", "Message", width=300),
        TableColumn("file", "File", lambda row: f"{row['file']}:{row['line']}", width=220),
        TableColumn("state", "State", lambda row: words.headed(row["state"]), width=84),
        TableColumn("project", "Project", width=110),
        moment_column("opened_at", "Opened", 96),
        moment_column("changed_at", "Changed", 96, is_first_shown=False),
        TableColumn("priority", "Priority", is_number=True, format="%.2f", is_first_shown=False, width=84),
        TableColumn("symbol", "Defined in", is_first_shown=False, width=180),
        TableColumn("family", "Kind", is_first_shown=False, width=110),
        TableColumn("detector", "Detector", is_first_shown=False, width=110),
        TableColumn("applicability", "Own fix", is_first_shown=False, width=84),
        TableColumn("wanted_by", "Asked for by", is_first_shown=False, width=110),
    ),
    filters=("issue-state", "severity", "issue-text"),
    acts=(
        BulkAct(
            "Ignore",
            "Nobody mends these, whatever later commits do, and no fix is proposed. One reason for all of them.",
            _ignore,
            needs_reason=True,
            fits=lambda row: row["state"] in UNMENDED,
        ),
    ),
    open=_open,
)
