"""Dialogs about a project. What they do is done in callbacks, because a dialog's body is gone by then."""

from pathlib import Path

import streamlit as st

from sigma_core.console import incidents, session, widgets
from sigma_core.errors import Invalid
from sigma_core.projects.tables import Project

AUTONOMY = {None: "As the settings say", "propose": "Only proposed", "commit": "Committed to a branch"}

NO_DIFFERENCE = {None: "As the settings say", False: "Stands for no test", True: "May stand for a missing test"}


@st.dialog("Add project")
def add() -> None:
    """Register a repository."""
    incidents.answer()
    with st.form("add-project-form", border=False):
        st.text_input("Path of a git repository on this machine", key="new-path", placeholder="/home/me/code/shop")
        st.text_input("Name", key="new-name", placeholder="the folder's name")
        st.text_input("Test command", key="new-tests", placeholder="detected automatically")
        st.text_input("Interpreter", key="new-python", placeholder="detected automatically")
        widgets.plain("", "SIGMA works in its own clone; yours gets a branch only when you apply a fix.")
        st.form_submit_button("Add project", key="new-submit", type="primary", on_click=_add)


@st.dialog("Permissions")
def permit(project: Project) -> None:
    """What SIGMA may do with a project."""
    incidents.answer()
    widgets.plain(project.name, "What SIGMA may do with it.")
    with st.form("permit-form", border=False):
        st.toggle("Its text may be sent to the model server", project.model_allowed, key="may-model")
        st.toggle("Its code may run at the reduced sandbox grade", project.reduced_sandbox, key="may-reduced")
        st.toggle("Its code is trusted: reduced evidence may approve", project.trusted, key="may-trusted")
        st.selectbox(
            "Approved fixes are",
            list(AUTONOMY),
            index=list(AUTONOMY).index(project.autonomy),
            key="may-autonomy",
            format_func=AUTONOMY.__getitem__,
        )
        st.number_input(
            "Share of mutants that its tests must notice",
            min_value=0.0,
            max_value=1.0,
            step=0.05,
            value=project.noticed_share,
            placeholder="as the settings say",
            key="may-share",
        )
        st.selectbox(
            "No difference found between old and new",
            list(NO_DIFFERENCE),
            index=list(NO_DIFFERENCE).index(project.no_difference_suffices),
            key="may-no-difference",
            format_func=NO_DIFFERENCE.__getitem__,
        )
        st.form_submit_button(
            "Save permissions", key="permit-submit", type="primary", on_click=_permit, args=(project.id,)
        )


@st.dialog("Remove project")
def remove(project: Project) -> None:
    """Ask before letting a project go."""
    incidents.answer()
    effect = "It is looked after no longer. Its history stays readable, and adding it again brings it back."
    widgets.plain(project.name, effect)
    st.button(
        f"Remove {project.name}",
        key="remove-submit",
        type="primary",
        on_click=incidents.attempt,
        args=(lambda: session.system().remove_project(project.id or 0, actor=session.actor()), "Project removed"),
    )


def _add() -> None:
    given = {name: (st.session_state.get(f"new-{name}") or "").strip() for name in ("path", "name", "tests", "python")}

    def register() -> None:
        if not given["path"]:
            raise Invalid({"path": "tell where the repository is"})
        session.system().projects.service.add(
            Path(given["path"]),
            name=given["name"] or None,
            test_command=given["tests"] or None,
            python=given["python"] or None,
            actor=session.actor(),
        )

    incidents.attempt(register, "Project added")


def _permit(project_id: int) -> None:
    chosen = st.session_state

    def change() -> None:
        session.system().projects.service.permit(
            project_id,
            actor=session.actor(),
            model_allowed=chosen["may-model"],
            reduced_sandbox=chosen["may-reduced"],
            trusted=chosen["may-trusted"],
            autonomy=chosen["may-autonomy"],
            noticed_share=chosen["may-share"],
            no_difference_suffices=chosen["may-no-difference"],
        )

    incidents.attempt(change, "Permissions saved")
