"""Which project the pages are about: the one that the address names, or else the one chosen before in this tab."""

import streamlit as st

from sigma_core.console import incidents, session
from sigma_core.console.session import ALL_PROJECTS

KEY = "project"


def settle() -> str | None:
    """Before anything is drawn: take the project from the address, or write the chosen one there.

    Answers what the address names where no project under care is called so.
    """
    names = {str(key): name for key, name in session.system().projects.service.names().items()}
    asked, chosen = st.query_params.get(KEY), st.session_state.get(KEY)
    if asked is not None and asked not in names.values() and asked not in names:
        _choose(ALL_PROJECTS)
        return asked
    if asked is not None:
        _choose(asked if asked in names.values() else names[asked])
    elif chosen not in (ALL_PROJECTS, *names.values()):
        _choose(next(iter(names.values())) if len(names) == 1 else ALL_PROJECTS)
    _write()
    return None


def selector() -> None:
    """The choice, in the sidebar."""
    names = [ALL_PROJECTS, *session.system().projects.service.names().values()]
    st.selectbox("Project", names, key=KEY, on_change=_write)


def refuse(asked: str) -> None:
    """Instead of a page whose address names no project: its figures would be those of others."""
    incidents.show(incidents.ShownFailure("Not found", f"No project under care is called {asked}."))
    st.button(ALL_PROJECTS, key="all-projects", on_click=_write)


def _choose(name: str) -> None:
    if st.session_state.get(KEY) != name:
        st.session_state[KEY] = name


def _write() -> None:
    name = st.session_state.get(KEY, ALL_PROJECTS)
    if name == ALL_PROJECTS:
        st.query_params.pop(KEY, None)
    elif st.query_params.get(KEY) != name:
        st.query_params[KEY] = name
