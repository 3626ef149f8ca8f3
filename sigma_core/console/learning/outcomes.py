"""The tab Outcomes: what became of changes on the main line."""

import streamlit as st

from sigma_core.console import session, widgets, words
from sigma_core.console.components.outcome import NAMES, way
from sigma_core.console.table.grid import ROW_HEIGHT
from sigma_core.proposals.outcomes.kinds import OutcomeKind
from sigma_core.proposals.outcomes.ledger import ListedOutcome

MOST_SHOWN = 200
MOST_AT_ONCE = 25
"""Rows in sight."""
_TAKEN = {True: "taken", False: "not taken", None: "not known yet"}


def draw() -> None:
    """Of the chosen project, or of every one, the newest first."""
    found = session.system().proposals.ledger.list(session.project_id(), limit=MOST_SHOWN + 1)
    if not found:
        widgets.empty_state(
            "No outcomes yet",
            "From its first decision on, a change is followed along the main line: whether it gets there, as our "
            "commit, squashed or by hand, how many commits it survives, and whether it is taken back. Each analysis "
            "looks on.",
            "sigma outcomes",
        )
        return
    shown = found[:MOST_SHOWN]
    chosen = st.dataframe(
        [_cells(each) for each in shown],
        height=ROW_HEIGHT * (min(len(shown), MOST_AT_ONCE) + 1) + 2,
        row_height=ROW_HEIGHT,
        hide_index=True,
        width="stretch",
        key="outcomes",
        on_select="rerun",
        selection_mode="single-row",
    )
    widgets.the_rest(found, MOST_SHOWN, f"sigma outcomes --offset {MOST_SHOWN} goes on")
    if rows := chosen.selection.rows:
        widgets.open_page("proposals", proposal=found[rows[0]].outcome.proposal_id)


def _cells(each: ListedOutcome) -> dict[str, object]:
    row = each.outcome
    return {
        "When": words.moment(row.at, session.now(), session.zone()),
        "What": NAMES[OutcomeKind(row.kind)],
        "How": way(row) or row.reason,
        "Proposal": row.proposal_id,
        "Rule": each.rule or "",
        "Change": words.quoted(each.title),
        "Commit": (row.commit or "")[:10],
        "In the end": _TAKEN[each.is_taken],
    }
