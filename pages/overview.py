"""Is it healthy, what needs me, what happened, what does it cost."""

import streamlit as st

from sigma_core.console import actions, incidents, session, widgets, worker_lanes
from sigma_core.console.health import headline
from sigma_core.console.overview import cards, inbox

system = session.system()
project_id = session.project_id()


@incidents.live(5)
def head() -> None:
    status = system.runtime.status.system()
    widgets.head(headline("Overview", status), lambda: actions.of_the_schedule(status))


def workers(reach: str) -> None:
    status = system.runtime.status.system(project_id)
    worker_lanes.draw("Workers, ", status.cycles, status, reach)


head()
projects = system.projects.service.list()
if not projects:
    actions.first_project()
else:
    left, right = st.columns([5, 3], gap="small")
    with left:
        inbox.draw()
    with right:
        with st.container(border=True, height="stretch"):
            since = session.visits().since(session.actor())
            visited = since > min(project.created_at for project in projects)
            found = system.runtime.status.since(since, project_id)
            widgets.draw(cards.since_card(found, since, session.now(), session.zone(), visited=visited))
        widgets.draw(cards.figures(system.runtime.status.figures(project_id), system.settings.model))
    reach = worker_lanes.chosen()
    incidents.live(worker_lanes.every_s(reach))(workers)(reach)
