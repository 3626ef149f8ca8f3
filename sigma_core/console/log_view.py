"""A log that is followed: level and words are chosen, and it is read again only once something was logged."""

from collections.abc import Sequence

import streamlit as st

from sigma_core.console import incidents, session, widgets, words
from sigma_core.console.components.log import log_lines
from sigma_core.console.markup import element
from sigma_core.console.table import filters
from sigma_core.log_lines import LEVELS, LogFiles, LogLine, WantedLines

SHOWN = 300
ANY = "Any process"
_HEIGHT = 560


def draw(*, run: int | None = None, live: bool = True) -> None:
    """Filters, then the latest lines; of one run alone where it is named."""
    log = files()
    with st.container(horizontal=True, vertical_alignment="center"):
        levels = [words.headed(level) for level in LEVELS]
        level = filters.choice("Level", levels, "log-level", 130, first=LEVELS.index("info"))
        process = ANY if run is not None else filters.choice("Process", [ANY, *log.processes()], "log-process", 170)
        text = filters.search("Search the log", "log-text", 240)
    wanted = WantedLines(level.lower(), text, run, None if process == ANY else process)
    incidents.live(3 if live else None)(_lines)(wanted, log)


def read(wanted: WantedLines, log: LogFiles, most: int) -> Sequence[LogLine]:
    """The latest lines, read again only once something was logged."""
    held, version = st.session_state.get("log.read"), (wanted, log.version())
    if held is None or held[0] != version:
        held = (version, log.latest(wanted, most))
        st.session_state["log.read"] = held
    lines: Sequence[LogLine] = held[1]
    return lines


def files() -> LogFiles:
    """The log of this home."""
    return LogFiles(session.system().settings.home / "logs")


def _lines(wanted: WantedLines, log: LogFiles) -> None:
    lines = read(wanted, log, SHOWN)
    if not lines:
        widgets.draw(element("p", "Nothing of this kind was logged.", cls="sg-quiet"))
        return
    with st.container(border=True, height=_HEIGHT, autoscroll=True, key="sg-live-log"):
        widgets.draw(log_lines(lines, session.zone()))
    widgets.note(f"The latest {words.plural(len(lines), 'line')}, newest below.")
