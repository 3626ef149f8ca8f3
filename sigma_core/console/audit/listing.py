"""The table of deliberate acts; a click leads to what an act was done to."""

from collections.abc import Mapping

from sigma_core.console import session, widgets, words
from sigma_core.console.components.blocks import page_head
from sigma_core.console.markup import element
from sigma_core.console.table import filters, grid
from sigma_core.console.table.columns import Table, TableColumn
from sigma_core.console.table.moments import moment_column
from sigma_core.listing import Row
from sigma_core.runtime.audit_list import WantedActs

_PAGES: Mapping[str, tuple[str, str]] = {
    "proposal": ("proposals", "proposal"),
    "issue": ("issues", "issue"),
    "run": ("runs", "run"),
    "knowledge": ("knowledge", "item"),
    "message": ("knowledge", "item"),
}
"""Where an object is looked at, and by which parameter."""


def draw() -> None:
    """The whole page."""
    status = session.system().runtime.status
    every = status.listed_acts(WantedActs()).count()
    lead = f"{words.plural(every, 'act')} on record."
    rest = " What was done on purpose: by whom, to what and why."
    widgets.head(page_head("Audit", element("strong", lead), rest))
    rows = status.listed_acts(WantedActs(filters.search("Search actor, act, object, reason", "audit-text", 300)))
    total = rows.count()
    if total:
        grid.draw(_TABLE, rows, total)
    elif every:
        widgets.draw(element("p", "No act matches these words.", cls="sg-quiet"))
    else:
        widgets.draw(element("p", "Nobody has approved, rejected, changed or asked for anything yet.", cls="sg-quiet"))


def _open(row: Row) -> None:
    kind, _, key = row["object"].partition("/")
    if kind in _PAGES and key.isdecimal():
        page, parameter = _PAGES[kind]
        widgets.open_page(page, **{parameter: key})


def _act(row: Row) -> str:
    """What was done, without the room that it was done in."""
    return str(row["action"]).rpartition(".")[2].replace("_", " ")


_TABLE = Table(
    name="audit",
    noun="act",
    columns=(
        TableColumn("id", "Number", is_number=True, width=74),
        moment_column("created_at", "At", 120),
        TableColumn("actor", "Actor", width=120),
        TableColumn("action", "Act", _act, width=140),
        TableColumn("object", "Object", width=160),
        TableColumn("reason", "Reason", width=380),
    ),
    filters=("audit-text",),
    open=_open,
)
