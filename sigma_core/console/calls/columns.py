"""The columns of the table of model calls."""

from sigma_core.console import widgets, words
from sigma_core.console.components.signs import shape
from sigma_core.console.table.columns import Table, TableColumn
from sigma_core.console.table.moments import moment_column
from sigma_core.listing import Row


def state(row: Row) -> str:
    """Whether the answer could be used."""
    if row["success"]:
        return f"{shape('ok')} Answered"
    return f"{shape('bad')} {row['error_kind'] or 'Failed'}"


def cost(nano_usd: int | None) -> str:
    """Unknown is never $0."""
    return "unpriced" if nano_usd is None else words.money(nano_usd)


def _open(row: Row) -> None:
    widgets.open_page("calls", call=row["id"])


TABLE = Table(
    name="calls",
    noun="call",
    columns=(
        TableColumn("id", "Number", is_number=True, width=84),
        moment_column("created_at", "At", 110),
        TableColumn("prompt", "Prompt", width=190),
        TableColumn("version", "Version", width=90),
        TableColumn("success", "Outcome", state, width=120),
        TableColumn("model", "Model", width=130),
        TableColumn(
            "latency_ms", "Took", lambda row: words.duration(row["latency_ms"]), comes_last_first=True, width=84
        ),
        TableColumn("cost_nano_usd", "Cost", lambda row: cost(row["cost_nano_usd"]), comes_last_first=True, width=84),
        TableColumn("input_tokens", "Tokens in", is_number=True, width=84),
        TableColumn("output_tokens", "Tokens out", is_number=True, width=90),
        TableColumn("attempts", "Requests", is_number=True, width=84),
        TableColumn("run_id", "Run", is_number=True, width=74),
        TableColumn("worker", "Worker", is_first_shown=False, width=90),
        TableColumn("label", "Label", is_first_shown=False, width=90),
        TableColumn("error", "Error", is_first_shown=False, width=300),
    ),
    filters=("call-outcome", "call-prompt", "call-kind"),
    open=_open,
)
