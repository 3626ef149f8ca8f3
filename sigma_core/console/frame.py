"""What stands around every page: style, navigation, the sidebar's lines."""

from pathlib import Path

import streamlit as st
from streamlit.navigation.page import StreamlitPage

from sigma_core.console import health, incidents, plugin_pages, project_choice, session, words
from sigma_core.console.components.blocks import root, row
from sigma_core.console.components.signs import Tone, dot
from sigma_core.console.markup import Html, div, span
from sigma_core.graph.updater import figures
from sigma_core.inherited import ROOT

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


def navigation(waiting: int, disputed: int) -> StreamlitPage:
    """The page asked for, among all pages in their groups; so many proposals and conflicts need a person."""
    proposals = f"Proposals ({words.count(waiting)})" if waiting else "Proposals"
    knowledge = f"Knowledge ({words.count(disputed)})" if disputed else "Knowledge"
    page = st.navigation(
        {
            "": [
                st.Page(PAGES / "overview.py", title="Overview", icon=":material/home:", default=True),
            ],
            "Work": [
                st.Page(PAGES / "proposals.py", title=proposals, icon=":material/rule:", url_path="proposals"),
                st.Page(PAGES / "workers.py", title="Workers", icon=":material/manufacturing:", url_path="workers"),
                st.Page(PAGES / "projects.py", title="Projects", icon=":material/folder:", url_path="projects"),
            ],
            "Learn": [
                st.Page(PAGES / "knowledge.py", title=knowledge, icon=":material/hub:", url_path="knowledge"),
                st.Page(PAGES / "graph.py", title="Graph", icon=":material/share:", url_path="graph"),
                st.Page(
                    PAGES / "experiments.py", title="Experiments", icon=":material/experiment:", url_path="experiments"
                ),
            ],
            "Model": [
                st.Page(PAGES / "prompts.py", title="Prompts", icon=":material/notes:", url_path="prompts"),
                st.Page(PAGES / "analytics.py", title="Analytics", icon=":material/monitoring:", url_path="analytics"),
            ],
            **_brought(),
        }
    )
    st.set_page_config(page_title=f"{page.title} · SIGMA")
    return page


def _brought() -> dict[str, list[StreamlitPage]]:
    """What installed packages bring, where they do."""
    pages = [
        st.Page(page.draw, title=page.title, icon=":material/extension:", url_path=page.name)
        for page in plugin_pages.installed().things
    ]
    return {"More": pages} if pages else {}


def sidebar() -> None:
    """The project selector and the three system lines."""
    with st.sidebar, incidents.contained():
        project_choice.selector()
        _lines()
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
