"""What stands around every page: style, navigation, the sidebar's lines."""

from collections.abc import Callable, Mapping
from functools import partial
from pathlib import Path
from typing import Literal

import streamlit as st
from streamlit.navigation.page import StreamlitPage

from sigma_core.console import health, incidents, plugin_pages, project_choice, session, words
from sigma_core.console.components.blocks import notice, root, row
from sigma_core.console.components.signs import Tone, dot
from sigma_core.console.markup import Html, div, span
from sigma_core.console.page_list import GROUPS, MOVED, PageEntry, moved_to
from sigma_core.demo.marker import is_demo
from sigma_core.graph.updater import figures
from sigma_core.inherited import ROOT
from sigma_core.text import visible_line

HERE = Path(__file__).parent
PAGES = ROOT / "pages"
_THEME = "frame.theme"
KEYBOARD = f"<script>{(HERE / 'keyboard.js').read_text().rstrip()}</script>"
"""Our only script: constant, nothing of anybody's text is in it."""


def dress() -> None:
    """Title, icon, logo and the one stylesheet; and which theme charts are drawn in."""
    st.session_state[_THEME] = session.theme()
    st.set_page_config(page_icon=str(HERE / "static" / "mark.svg"), layout="wide", initial_sidebar_state=232)
    st.html(HERE / "console.css")
    st.logo(str(HERE / "static" / "logo.svg"), icon_image=str(HERE / "static" / "mark.svg"))


def navigation(counts: Mapping[str, int], *, is_shown: bool = True) -> StreamlitPage:
    """The page asked for, among all pages in their groups; `counts`: what needs a person, by the page's name."""
    groups = {
        group: [_page(entry, counts.get(entry.name, 0)) for entry in entries] for group, entries in GROUPS.items()
    }
    moved = [st.Page(partial(_go_on, old), title=old, url_path=old, visibility="hidden") for old in MOVED]
    position: Literal["sidebar", "hidden"] = "sidebar" if is_shown else "hidden"
    page = st.navigation({**groups, **_brought(), " ": moved}, expanded=True, position=position)
    name_tab(page.title)
    return page


def name_tab(title: str) -> None:
    """What the browser's tab says: the page, or the object on it."""
    st.set_page_config(page_title=f"{visible_line(words.quoted(title))} · SIGMA")


def _page(entry: PageEntry, count: int) -> StreamlitPage:
    is_first = entry is next(iter(GROUPS.values()))[0]
    return st.Page(
        PAGES / f"{entry.name}.py",
        title=f"{entry.title} ({words.count(count)})" if count else entry.title,
        icon=entry.icon,
        default=is_first,
        # The page at the console's own address has none beside it
        url_path=None if is_first else entry.name,
    )


def _go_on(address: str) -> None:
    """From an address of an earlier release to the page that answers there now, with all that the link said."""
    parameters = st.query_params.to_dict()
    st.switch_page(PAGES / f"{moved_to(address, parameters)}.py", query_params=parameters)


def _brought() -> dict[str, list[StreamlitPage]]:
    """What installed packages bring, where they do."""
    pages = [
        st.Page(page.draw, title=page.title, icon=":material/extension:", url_path=page.name)
        for page in plugin_pages.installed().things
    ]
    return {"More": pages} if pages else {}


def tell_of_demo() -> None:
    """Above every page of a demonstration: nothing in it has happened."""
    if is_demo(session.system().settings.home):
        said = "A made-up month on generated projects. Nothing here happened, and none of it touches your own home."
        st.html(root(notice("Demo.", said, tone="wait")))


def sidebar(search: Callable[[], None], who: Callable[[], None]) -> None:
    """Search, the project selector, the three system lines, and who has signed in."""
    with st.sidebar, incidents.contained():
        search()
        project_choice.selector()
        _lines()
        who()
        st.html(KEYBOARD, unsafe_allow_javascript=True)


@incidents.live(5)
def _lines() -> None:
    if st.session_state.get(_THEME) != session.theme():
        # Charts have no colours of both
        st.rerun()
    system = session.system()
    status = system.runtime.status.system()
    model = system.settings.model
    st.html(
        root(
            div(
                _line("Scheduler", *health.scheduler_line(status)),
                _line("Graph", *health.graph_line(figures(system.database), is_gone=system.graph.adapter.is_gone)),
                _line("Model", "ok" if model else "wait", model or "offline rules"),
                cls="sg-lines",
            )
        )
    )


def _line(name: str, tone: Tone, value: str) -> Html:
    return row(span(dot(tone), name), span(value, cls=f"sg-end sg-text-{tone}", title=value))
