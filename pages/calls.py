"""What models were asked and what they answered: the list, and one call (?call=ID)."""

import streamlit as st

from sigma_core.console import incidents, session, widgets
from sigma_core.console.calls import detail, listing
from sigma_core.errors import NotFound

chosen = st.query_params.get("call")

if chosen is None:
    listing.draw()
else:
    try:
        found = session.system().llm.calls.get(chosen)
    except NotFound as error:
        incidents.show(incidents.failure_of(error))
        if st.button("All calls", key="all-calls"):
            widgets.back("call")
    else:
        detail.draw(found)
