"""The console's script: Streamlit runs it for every page and every click."""

from sigma_core.console import frame, incidents, session

waiting = 0
frame.dress()
with incidents.contained():
    waiting = len(session.system().status.needs_person())
page = frame.navigation(waiting)
incidents.show_pending()
frame.sidebar()
with incidents.contained():
    page.run()
