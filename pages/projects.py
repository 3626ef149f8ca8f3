"""Repositories under care: register one, see its state, say what SIGMA may do with it, let it go."""

import streamlit as st

from sigma_core.console import actions, session, widgets
from sigma_core.console.components.blocks import page_head
from sigma_core.console.projects import forms, listing

lines = session.system().runtime.status.projects()

if lines:
    widgets.head(
        listing.head(lines),
        lambda: widgets.act("Add project…", key="add-project", type="primary", on_click=actions.ask_for_project),
    )
    listing.rows(lines)
else:
    widgets.head(page_head("Projects"))
    actions.first_project()
if st.session_state.pop("projects.adding", False):
    forms.add()
