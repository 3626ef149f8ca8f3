"""A log that is followed: level and words are chosen, and it is read again only once something was logged."""

import streamlit as st

from sigma_core.console import incidents, session, widgets, words
from sigma_core.console.components.log import log_lines
from sigma_core.console.markup import element
from sigma_core.console.table import filters
from sigma_core.log_lines import LEVELS, LogFiles, WantedLines

SHOWN = 300
ANY = "Any process"
_HEIGHT = 560


def draw(*, run: int | None = None, live: bool = True) -> None:
    """Filters, then the latest lines; of one run alone where it is named."""
    files = LogFiles(session.system().settings.home / "logs")
    with st.container(horizontal=True, vertical_alignment="center"):
        levels = [words.headed(level) for level in LEVELS]
        level = filters.choice("Level", levels, "log-level", 130, first=LEVELS.index("info"))
        process = ANY if run is not None else filters.choice("Process", [ANY, *files.processes()], "log-process", 170)
        text = filters.search("Search the log", "log-text", 240)
    wanted = WantedLines(level.lower(), text, run, None if process == ANY else process)
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
