"""What the workers tell each other, live; one item (?item=ID); by hand (?publish=TYPE); asked for (?ask=QUESTION)."""

import streamlit as st

from sigma_core.console import incidents, session, widgets
from sigma_core.console.components.blocks import page_head
from sigma_core.console.knowledge import asking, conflicts, feed, item_detail, publish_form, state
from sigma_core.errors import NotFound
from sigma_core.identity import row_id

desk = session.system().exchange.console
chosen = st.query_params.get("item")


@incidents.live(5)
def head() -> None:
    with st.container(key="sg-live-head"):
        widgets.draw(state.head(desk.overview(session.project_id())))


if chosen is not None:
    try:
        dossier = desk.dossier(row_id("message", chosen))
    except NotFound as error:
        incidents.show(incidents.failure_of(error))
        if st.button("All knowledge", key="all-knowledge"):
            widgets.back("item")
    else:
        item_detail.draw(dossier)
elif "ask" in st.query_params:
    asking.draw(st.query_params["ask"])
elif "publish" in st.query_params:
    publish_form.draw(st.query_params["publish"])
elif not desk.count():
    widgets.head(page_head("Knowledge"))
    feed.teach()
else:
    with st.container(horizontal=True, vertical_alignment="center", wrap=False, key="sg-beside-head-knowledge"):
        head()
        live = feed.live_switch()
        asking.button()
        publish_form.button()
    with st.container(horizontal=True, wrap=False, gap="medium", key="sg-panes-knowledge"):
        with st.container(width="stretch"):
            feed.draw(live=live)
        with st.container(width="stretch"):
            state.draw()
    conflicts.ask()
