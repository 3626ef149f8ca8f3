"""Ctrl+K: find an object by a word of its name or by its number, and go there."""

from collections.abc import Mapping

import streamlit as st

from sigma_core.console import session, widgets
from sigma_core.runtime.search import FoundObject

_OPEN, _TEXT = "finder.open", "find"
_PLACES: Mapping[str, tuple[str, str, str]] = {
    "project": (":material/folder:", "issues", "project"),
    "proposal": (":material/rule:", "proposals", "proposal"),
    "issue": (":material/bug_report:", "issues", "issue"),
    "run": (":material/list_alt:", "runs", "run"),
    "prompt": (":material/notes:", "prompts", "prompt"),
    "knowledge": (":material/hub:", "knowledge", "item"),
    "entity": (":material/share:", "graph", "entity"),
}
"""Of each kind its icon, its page, and the parameter that names one of it there."""


def button() -> None:
    """The button, and its key, in the sidebar."""
    st.button(
        "Search", key="search", icon=":material/search:", shortcut="Mod+K", width="stretch", on_click=_set, args=(True,)
    )


def dialog() -> None:
    """Drawn as long as it is asked for."""
    if st.session_state.get(_OPEN):
        st.dialog("Search", on_dismiss=_set, width="medium")(_body)()


def _body() -> None:
    text = st.text_input(
        "Words or a number",
        key=_TEXT,
        type="search",
        live=True,
        placeholder="Project, proposal, issue, run, prompt, knowledge, entity",
        label_visibility="collapsed",
    )
    found = session.system().runtime.search.find(text or "", session.project_id())
    for each in found:
        icon = _PLACES[each.kind][0]
        if widgets.list_row(f"found-{each.kind}-{each.key}", each.title, _sub(each), icon=icon):
            _go(each)
    if text and not found:
        widgets.plain("", "Nothing of this name or number among the newest of each kind.")


def _sub(found: FoundObject) -> str:
    return f"{found.kind} {found.key} · {found.fact}"


def _go(found: FoundObject) -> None:
    _set(False)
    _, page, parameter = _PLACES[found.kind]
    names = {"project": found.title, "entity": found.title}
    widgets.open_page(page, **{parameter: names.get(found.kind, found.key)})


def _set(is_open: bool = False) -> None:
    st.session_state[_OPEN] = is_open
