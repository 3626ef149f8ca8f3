"""The console's script: Streamlit runs it for every page and every click."""

from sigma_core.console import frame, incidents, session

waiting = 0
frame.dress()
with incidents.contained():
    waiting = len(session.system().status.needs_person())
page = frame.navigation(waiting)
frame.sidebar()
incidents.show_pending()
with incidents.contained():
    page.run()
