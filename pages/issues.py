"""What is wrong with the code: the list, the map, the course, and one issue (?issue=ID)."""

import streamlit as st

from sigma_core.console import incidents, session, widgets
from sigma_core.console.issues import detail, listing
from sigma_core.errors import NotFound

chosen = st.query_params.get("issue")

if chosen is None:
    listing.draw()
else:
    try:
        issue = session.system().issues.service.get(chosen)
    except NotFound as error:
        incidents.show(incidents.failure_of(error))
        if st.button("All issues", key="all-issues"):
            widgets.back("issue")
    else:
        detail.draw(issue)
