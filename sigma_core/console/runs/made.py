"""What a run made: proposals, knowledge, calls of models."""

import streamlit as st

from sigma_core.console import session, widgets, words
from sigma_core.console.components.blocks import card_title
from sigma_core.console.markup import div, element
from sigma_core.llm.call_list import WantedCalls
from sigma_core.runtime.tables import Run


def draw(run: Run) -> None:
    """Each kind with the way to it."""
    system, run_id = session.system(), run.id or 0
    proposals = system.runtime.status.proposals_of_run(run_id)
    with st.container(border=True, gap=None, key="sg-rows-made-proposals"):
        widgets.draw(div(card_title("Proposals"), cls="sg-card-head"))
        for line in proposals:
            told = " · ".join(part for part in (str(line.id), line.reason.rstrip("."), line.project) if part)
            if widgets.list_row(f"proposal-{line.id}", line.title, told, badge=widgets.state_badge(line.state)):
                widgets.open_page("proposals", proposal=line.id)
        if not proposals:
            widgets.draw(element("p", "None was written or proved.", cls="sg-quiet"))
    calls = system.llm.calls.listed(WantedCalls(run_id=run_id)).count()
    with st.container(border=True, horizontal=True, vertical_alignment="center"):
        widgets.draw(card_title("Model calls"))
        widgets.note(words.plural(calls, "call"))
        st.space("stretch")
        if calls and st.button("Show calls", key="made-calls", type="tertiary"):
            widgets.open_page("calls", **{"of-run": run_id})
    items = system.exchange.console.of_run(run_id, 100)
    with st.container(border=True, gap=None, key="sg-rows-made-knowledge"):
        widgets.draw(div(card_title("Knowledge"), cls="sg-card-head"))
        for item in items:
            if widgets.list_row(f"item-{item.id}", item.type.replace("_", " "), f"{item.id} · from {item.source}"):
                widgets.open_page("knowledge", item=item.id)
        if not items:
            widgets.draw(element("p", "Nothing was published.", cls="sg-quiet"))
