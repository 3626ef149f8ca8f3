"""Workers and their schedule, their history, and one run of them (?run=ID)."""

import streamlit as st

from sigma_core.console import incidents, session, widgets
from sigma_core.console.workers import history, run_detail, schedule
from sigma_core.errors import NotFound
from sigma_core.identity import row_id

chosen = st.query_params.get("run")

if chosen is None:
    schedule.draw()
    history.draw()
else:
    try:
        run_id = session.system().runtime.runs.get(row_id("run", chosen)).id
    except NotFound as error:
        incidents.show(incidents.failure_of(error))
        if st.button("All runs", key="all-runs"):
            widgets.back("run")
    else:
        widgets.crumb("run", "Workers", f"run {run_id}")
        run_detail.draw(run_id or 0)
