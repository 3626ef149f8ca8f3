"""What a page needs to know about where it runs: the system, the viewer, the moment."""

import functools
import os
from collections.abc import Mapping
from datetime import UTC, datetime, tzinfo
from pathlib import Path
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import streamlit as st

from sigma_core import logs
from sigma_core.actor import Role, ViewerName, system_user
from sigma_core.errors import Forbidden
from sigma_core.projects.tables import Project
from sigma_core.runtime.saved_views import SavedViews
from sigma_core.runtime.sign_in import Person, SignInExpired, sign_in_of
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


def person() -> Person:
    """Who sits before the console. Raises `SignInExpired`, or `Forbidden` for whoever signed in and has no role."""
    sign_in = sign_in_of(system().settings)
    if sign_in is None:
        return local_person()
    claims = st.user.to_dict()
    if not claims.get("is_logged_in"):
        raise SignInExpired("Nobody has signed in.")
    if signature(claims) in signed_out():
        raise SignInExpired("You signed out.")
    return sign_in.person(claims, now())


@functools.cache
def local_person() -> Person:
    """Whoever started this process, where nobody signs in: asked for by each part of a page."""
    return Person(system_user(), Role.OPERATOR)


def actor() -> str:
    """Who acts, as acts are recorded; in a viewer's name none is."""
    found = person()
    return found.name if found.role is Role.OPERATOR else ViewerName(found.name)


def require_operator() -> None:
    """Raises `Forbidden` for whoever may look only, and whatever `person` raises."""
    if refusal := _refusal(person()):
        raise Forbidden(refusal)


def why_not() -> str | None:
    """Why who sits here finds buttons shut; None for whoever may act."""
    return _refusal(person())


def _refusal(found: Person) -> str | None:
    return None if found.role is Role.OPERATOR else f"{found.name} is a viewer here: may look, not act."


@st.cache_resource(show_spinner=False)
def signed_out() -> set[str]:
    """Sign-ins that were ended: pages of other tabs, and kept cookies, are not believed any longer."""
    return set()


def signature(claims: Mapping[str, object]) -> str:
    """What tells one sign-in from another of the same person."""
    return f"{claims.get('sub')} {claims.get('iat')} {claims.get('nonce')}"


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
    return None if name == ALL_PROJECTS else system().projects.service.named(name)


def project_id() -> int | None:
    """Its id; None for all."""
    chosen = project()
    return chosen.id if chosen else None
