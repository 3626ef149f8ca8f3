"""What a page needs to know about where it runs: the system, the viewer, the moment."""

import os
from datetime import UTC, datetime, tzinfo
from pathlib import Path
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import streamlit as st

from sigma_core import logs
from sigma_core.actor import system_user
from sigma_core.projects.tables import Project
from sigma_core.runtime.saved_views import SavedViews
from sigma_core.runtime.visits import Visits
from sigma_core.settings import load_settings

if TYPE_CHECKING:
    from sigma_core.runtime.system import System

ALL_PROJECTS = "All projects"


def system() -> "System":
    """The one system of this process, at home in `SIGMA_HOME`."""
    return _built(os.environ.get("SIGMA_HOME", ".sigma"))


@st.cache_resource(show_spinner=False)
def _built(home: str) -> "System":
    from sigma_core.runtime.build import build
    from sigma_core.runtime.temp_folders import own_folder

    own_folder()
    settings = load_settings(Path(home))
    logs.configure(settings, "console")
    built = build(settings, process="console")
    built.runtime.schedule.prepare()
    return built


def now() -> datetime:
    """The moment, by the system's clock."""
    return system().clock()


def visits() -> Visits:
    """Who looked when."""
    return Visits(system().database, system().clock)


def saved_views() -> SavedViews:
    """How the viewer looks at lists."""
    return SavedViews(system().database, system().clock, actor())


def actor() -> str:
    """Who acts."""
    return system_user()


def theme() -> str:
    """The viewer's theme, light or dark, as the browser tells it with each request."""
    return st.context.theme.type or "light"


def zone() -> tzinfo:
    """The viewer's time zone, as the browser tells it."""
    try:
        return ZoneInfo(st.context.timezone or "UTC")
    except (ZoneInfoNotFoundError, ValueError):
        return UTC


def project() -> Project | None:
    """The project chosen in the sidebar; None for all."""
    name = st.session_state.get("project", ALL_PROJECTS)
    return next((known for known in system().projects.service.list() if known.name == name), None)


def project_id() -> int | None:
    """Its id; None for all."""
    chosen = project()
    return chosen.id if chosen else None
