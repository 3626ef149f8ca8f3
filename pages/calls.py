"""What models were asked and what they answered: the list, one call (?call=ID), and the playground."""

import streamlit as st

from sigma_core.console import incidents, session, widgets
from sigma_core.console.calls import detail, listing, playground_view
from sigma_core.errors import NotFound

VIEWS = {"Calls": listing.draw, "Playground": playground_view.draw}
chosen = st.query_params.get("call")

if chosen is None:
    widgets.head(listing.head())
    view = st.segmented_control(
        "View",
        list(VIEWS),
        default="Calls",
        required=True,
        key="calls-view",
        label_visibility="collapsed",
        bind="query-params",
    )
    VIEWS[view or "Calls"]()
else:
    try:
        found = session.system().llm.calls.get(chosen)
    except NotFound as error:
        incidents.show(incidents.failure_of(error))
        if st.button("All calls", key="all-calls"):
            widgets.back("call")
    else:
        detail.draw(found)
