"""The console's script: Streamlit runs it for every page and every click."""

from sigma_core.console import frame, incidents, session

waiting = disputed = 0
frame.dress()
with incidents.contained():
    waiting = session.system().status.proposal_counts()["needs_human"]
    disputed = session.system().desk.count_disputes()[0]
page = frame.navigation(waiting, disputed)
incidents.show_pending()
frame.sidebar()
with incidents.contained():
    page.run()
