"""Time travel: the moment that is looked at, by tag or commit of a project or by what changed around an entity."""

from collections.abc import Iterable, Mapping
from datetime import UTC, datetime

import streamlit as st

from sigma_core.codebase.commit_line import NamedCommit
from sigma_core.console import session, widgets
from sigma_core.errors import Invalid, NotFound
from sigma_core.graph.read_models import FactView
from sigma_core.text import cut

MOST_STOPS = 150
NOW = "now"
LONGEST = 44


def asked(project_id: int | None) -> datetime | None:
    """The moment that the link names, or that of the commit or tag it names; None for now. Raises `Invalid`."""
    written = st.query_params.get("as_of", "").strip()
    if not written:
        return None
    try:
        # A plus sign that was not escaped has become a space
        moment = datetime.fromisoformat(written.replace(" ", "+") if "T" in written else written)
    except ValueError:
        return _of_commit(project_id, written)
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


def _of_commit(project_id: int | None, name: str) -> datetime:
    if project_id is not None:
        try:
            return session.system().codebase.commit_line.find(project_id, name).at
        except NotFound:
            pass
    message = f"{name[:40]!r} is no moment such as 2026-11-24T10:30:00Z, and no tag or commit that was read"
    raise Invalid({"as_of": message})


def stops(facts: Iterable[FactView], now: datetime, chosen: datetime | None) -> list[datetime]:
    """When facts began or ended before now, oldest first, at most so many; the chosen moment is among them."""
    moments = sorted({at for fact in facts for at in (fact.valid_at, fact.invalid_at) if at is not None and at <= now})
    if len(moments) > MOST_STOPS:
        moments = [moments[place * (len(moments) - 1) // (MOST_STOPS - 1)] for place in range(MOST_STOPS)]
    return sorted({*moments, chosen}) if chosen is not None else moments


def slider(entity: str, moments: list[datetime], chosen: datetime | None, project_id: int | None) -> None:
    """Moves what the link names, beside the commits of the project."""
    options = [*(moment.isoformat() for moment in moments), NOW]
    key = f"as-of-{entity}"
    with st.container(horizontal=True, vertical_alignment="center", wrap=False, key="sg-slider"):
        widgets.note("As of")
        if project_id is not None:
            commits(project_id)
        if len(options) < 2:
            return
        st.select_slider(
            "As of",
            options,
            value=chosen.isoformat() if chosen else NOW,
            key=key,
            format_func=_moment_label,
            on_change=_move,
            args=(key,),
            label_visibility="collapsed",
        )


def commits(project_id: int) -> None:
    """A tag or commit of a project to look at it as of then; its name stands in the link."""
    named = {each.name: each for each in session.system().codebase.commit_line.named(project_id)}
    if not named:
        return
    written = st.query_params.get("as_of", "").strip()
    chosen = next((name for name, each in named.items() if written and _is_called(each, written)), None)
    key = f"commit-{project_id}-{written}"
    st.selectbox(
        "Commit or tag",
        list(named),
        index=list(named).index(chosen) if chosen else None,
        placeholder="Commit or tag",
        key=key,
        format_func=lambda name: _commit_said(named, name),
        on_change=_move,
        args=(key,),
        label_visibility="collapsed",
        width=220,
    )


def _is_called(commit: NamedCommit, name: str) -> bool:
    return name in commit.tags or commit.commit.startswith(name)


def _commit_said(named: Mapping[str, NamedCommit], name: str) -> str:
    if (commit := named.get(name)) is None:
        return name
    return f"{name}  {cut(commit.subject, LONGEST)} · {_moment_label(commit.at.isoformat())}"


def _moment_label(option: str) -> str:
    if option == NOW:
        return NOW
    local = datetime.fromisoformat(option).astimezone(session.zone())
    year = "" if local.year == session.now().year else f" {local.year}"
    return f"{local.day} {local:%b}{year} {local:%H:%M}"


def _move(key: str) -> None:
    chosen = st.session_state.get(key) or NOW
    if chosen == NOW:
        st.query_params.pop("as_of", None)
    else:
        st.query_params["as_of"] = chosen
