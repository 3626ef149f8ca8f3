"""The console's script: Streamlit runs it for every page and every click."""

from sigma_core.console import frame, incidents, session

waiting = disputed = 0
frame.dress()
with incidents.contained():
    waiting = len(session.system().status.needs_person())
    disputed = len(session.system().exchange.conflicts(open_only=True))
page = frame.navigation(waiting, disputed)
incidents.show_pending()
frame.sidebar()
with incidents.contained():
    page.run()
