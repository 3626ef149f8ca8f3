"""Buttons that several pages share, and what they do."""

import streamlit as st

from sigma_core.console import incidents, session, widgets
from sigma_core.jobs import WORKERS
from sigma_core.runtime.status import SystemStatus


def of_the_schedule(status: SystemStatus) -> None:
    """Pause or resume the schedule, run a cycle now; nothing before there is a project."""
    if status.projects:
        schedule_switch(status)
        run_cycle()


def schedule_switch(status: SystemStatus) -> None:
    """Pause or resume the whole schedule. Runs under way go on."""
    if status.all_paused:
        widgets.act(
            "Resume schedule",
            key="resume-all",
            icon=":material/play_arrow:",
            on_click=_resume_all,
            help="Workers run by themselves again.",
        )
    else:
        widgets.act(
            "Pause schedule",
            key="pause-all",
            icon=":material/pause:",
            on_click=_pause_all,
            help="No worker is started by the clock. Runs under way go on; Run now still works.",
        )


def run_cycle() -> None:
    """Ask for one run of every worker."""
    widgets.act(
        "Run cycle",
        key="run-cycle",
        type="primary",
        icon=":material/play_arrow:",
        shortcut="g",
        on_click=_run_cycle,
        help=f"One run of every worker on {_where()}, taken up within a second.",
    )


def first_project() -> None:
    """The empty state before anything is registered."""
    widgets.empty_state(
        "No project yet",
        "SIGMA looks after git repositories. Register one: the first cycle finds its issues, proposes fixes and "
        "proves them, about a minute for a small repository.",
        "sigma project add PATH",
        lambda: widgets.act("Add project…", key="first-project", type="primary", on_click=ask_for_project),
    )


def nothing_yet(title: str, said: str) -> None:
    """The empty state of a list that cycles fill; without any project, the one before that."""
    projects = session.system().projects.service.list()
    if not projects:
        first_project()
        return
    name = (session.project() or projects[0]).name
    widgets.empty_state(title, f"{said}; a cycle takes about a minute.", f"sigma run --project {name}", run_cycle)


def ask_for_project() -> None:
    """Open the Projects page's form at the next drawing."""
    st.session_state["projects.adding"] = True


def _where() -> str:
    project = session.project()
    return project.name if project else "every project"


def _run_cycle() -> None:
    schedule = session.system().runtime.schedule

    def request() -> None:
        for worker in WORKERS:
            schedule.run_now(worker, session.actor(), session.project_id())

    incidents.attempt(request, "Cycle requested")


def _pause_all() -> None:
    incidents.attempt(lambda: session.system().runtime.schedule.pause_all(actor=session.actor()), "Schedule paused")


def _resume_all() -> None:
    incidents.attempt(lambda: session.system().runtime.schedule.resume_all(actor=session.actor()), "Schedule resumed")
