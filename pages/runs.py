"""What workers did: the list of runs, and one of them (?run=ID)."""

import streamlit as st

from sigma_core.console import frame, incidents, session, widgets
from sigma_core.console.runs import history, run_detail
from sigma_core.errors import NotFound
from sigma_core.identity import row_id

chosen = st.query_params.get("run")

if chosen is None:
    widgets.head(history.head())
    history.draw()
else:
    try:
        run = session.system().runtime.runs.get(row_id("run", chosen))
    except NotFound as error:
        incidents.show(incidents.failure_of(error))
        if st.button("All runs", key="all-runs"):
            widgets.back("run")
    else:
        frame.name_tab(f"Run {run.id}: {run.worker}")
        widgets.crumb("run", "Runs", f"run {run.id}")
        run_detail.draw(run)
