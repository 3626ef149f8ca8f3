"""The list of model calls: a sentence, filters that a link keeps, the table."""

from collections.abc import Mapping

import streamlit as st

from sigma_core.console import actions, session, widgets, words
from sigma_core.console.calls import columns
from sigma_core.console.components.blocks import page_head
from sigma_core.console.markup import Html, element
from sigma_core.console.table import filters, grid
from sigma_core.errors import NotFound
from sigma_core.identity import row_id
from sigma_core.llm.call_list import WantedCalls
from sigma_core.prompts.playground import APART
from sigma_core.runtime.retention import KEEP_CALL_TEXTS_DAYS

ANY_PROMPT = "Any prompt"
WORKERS, TESTS, EVERY = "Workers' calls", "Test calls", "All calls"
_OUTCOMES: Mapping[str, bool | None] = {"All": None, "Answered": True, "Failed": False}


def draw() -> None:
    """The list below its filters."""
    wanted = _wanted()
    rows = session.system().llm.calls.listed(wanted)
    total = rows.count()
    if total:
        grid.draw(columns.TABLE, rows, total)
    elif wanted == WantedCalls(session.project_id()):
        actions.nothing_yet(
            "No model calls yet",
            "Workers ask a model while they work; without a model server the offline rules answer and are kept too",
        )
    else:
        filters.none_match("call", "clear-calls", _clear)


def head() -> Html:
    """How many there are, and how long their texts are kept."""
    every = session.system().llm.calls.listed(WantedCalls(session.project_id())).count()
    if not every:
        return page_head("Calls")
    lead = f"{words.plural(every, 'call')} on record."
    rest = f" What was asked and answered is kept for {KEEP_CALL_TEXTS_DAYS} days, secrets taken out."
    return page_head("Calls", element("strong", lead), rest, tone="ok")


def _wanted() -> WantedCalls:
    prompts = session.system().llm.calls.prompts()
    with st.container(horizontal=True, vertical_alignment="center"):
        outcome = filters.pills("Outcome", list(_OUTCOMES), "All", "call-outcome")
        prompt = filters.choice("Prompt", [ANY_PROMPT, *prompts], "call-prompt", 230)
        asked_by = filters.choice("Asked for", [EVERY, WORKERS, TESTS], "call-kind", 150)
        run = _run()
    return WantedCalls(
        project_id=session.project_id(),
        prompt=None if prompt == ANY_PROMPT else prompt,
        success=_OUTCOMES[outcome],
        run_id=run,
        labels=APART if asked_by == TESTS else (),
        not_labels=APART if asked_by == WORKERS else (),
    )


def _run() -> int | None:
    """The run whose calls alone are shown, where the link names one."""
    asked = st.query_params.get("of-run")
    if asked is None:
        return None
    try:
        run_id = row_id("run", asked)
    except NotFound:
        return 0
    if st.button(f"Of run {run_id}", key="of-run", icon=":material/close:", help="Show those of every run"):
        widgets.back("of-run")
    return run_id


def _clear() -> None:
    st.session_state["call-outcome"], st.session_state["call-prompt"] = "All", ANY_PROMPT
    st.session_state["call-kind"] = EVERY
    st.query_params.pop("of-run", None)
