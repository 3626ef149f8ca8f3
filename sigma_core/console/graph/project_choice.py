"""The project whose code is looked at, where a picture can be of one only."""

import streamlit as st

from sigma_core.console import session, widgets
from sigma_core.console.markup import div
from sigma_core.projects.tables import Project


def of_code() -> Project | None:
    """The one chosen in the sidebar, or the only one there is; else a person is asked for it."""
    if (chosen := session.project()) is not None:
        return chosen
    projects = session.system().projects.service.list()
    if len(projects) == 1:
        return projects[0]
    if not projects:
        widgets.draw(div("There is no project yet. Register one on the page Projects.", cls="sg-quiet"))
        return None
    names = {each.name: each for each in projects}
    name = st.selectbox("Project", list(names), key="of-project", index=None, placeholder="Choose a project")
    return names.get(name or "")
