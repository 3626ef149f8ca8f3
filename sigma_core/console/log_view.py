"""A log that is followed: level and words are chosen, and it is read again only once something was logged."""

import streamlit as st

from sigma_core.console import incidents, session, widgets, words
from sigma_core.console.components.log import log_lines
from sigma_core.console.markup import element
from sigma_core.log_lines import LEVELS, LogFiles, WantedLines

SHOWN = 300
ANY = "Any process"
_HEIGHT = 560


def draw(*, run: int | None = None, live: bool = True) -> None:
    """Filters, then the latest lines; of one run alone where it is named."""
    files = LogFiles(session.system().settings.home / "logs")
    with st.container(horizontal=True, vertical_alignment="center"):
        level = st.selectbox(
            "Level",
            [words.headed(level) for level in LEVELS],
            index=LEVELS.index("info"),
            key="log-level",
            label_visibility="collapsed",
            width=130,
            bind="query-params",
        )
        process = ANY
        if run is None:
            process = st.selectbox(
                "Process",
                [ANY, *files.processes()],
                key="log-process",
                label_visibility="collapsed",
                width=170,
                bind="query-params",
            )
        text = st.text_input(
            "Search",
            key="log-text",
            type="search",
            live=True,
            placeholder="Search the log",
            width=240,
            label_visibility="collapsed",
            bind="query-params",
        )
    wanted = WantedLines((level or "Info").lower(), text or "", run, None if process in (None, ANY) else process)
    incidents.live(3 if live else None)(_lines)(wanted, files)


def _lines(wanted: WantedLines, files: LogFiles) -> None:
    held, version = st.session_state.get("log.read"), (wanted, files.version())
    if held is None or held[0] != version:
        held = (version, files.latest(wanted, SHOWN))
        st.session_state["log.read"] = held
    lines = held[1]
    if not lines:
        widgets.draw(element("p", "Nothing of this kind was logged.", cls="sg-quiet"))
        return
    with st.container(border=True, height=_HEIGHT, autoscroll=True, key="sg-live-log"):
        widgets.draw(log_lines(lines, session.zone()))
    widgets.note(f"The latest {words.plural(len(lines), 'line')}, newest below.")
