"""Fixes: the list, and one of them with all that speaks for and against it (?proposal=ID)."""

import streamlit as st

from sigma_core.console import incidents, session, widgets
from sigma_core.console.proposals import detail, listing
from sigma_core.errors import NotFound
from sigma_core.identity import row_id

system = session.system()
chosen = st.query_params.get("proposal")

if chosen is None:
    listing.draw()
else:
    try:
        case = system.runtime.status.case(row_id("proposal", chosen))
    except NotFound as error:
        incidents.show(incidents.failure_of(error))
        if st.button("All proposals", key="all-proposals"):
            widgets.back("proposal")
    else:
        place = system.runtime.status.place(case.proposal.id or 0, session.project_id())
        detail.draw(case, place, system.settings.approve_at)
