"""The console's script: Streamlit runs it for every page and every click."""

from sigma_core.console import finder, frame, incidents, project_choice, session, signing_in

counts: dict[str, int] = {}
unknown = None
frame.dress()
signing_in.require()
with incidents.contained():
    unknown = project_choice.settle()
    project_id = session.project_id()
    counts["proposals"] = session.system().runtime.status.proposal_counts(project_id)["needs_human"]
    counts["knowledge"], _ = session.system().exchange.console.count_disputes(project_id)
page = frame.navigation(counts)
incidents.show_pending()
with incidents.contained():
    frame.tell_of_demo()
frame.sidebar(finder.button, signing_in.signed_in)
with incidents.contained():
    finder.dialog()
with incidents.contained():
    if unknown is None:
        page.run()
    else:
        project_choice.refuse(unknown)
