"""Issues as a map of the code, and their course over four weeks."""

from collections.abc import Sequence
from pathlib import PurePosixPath

import streamlit as st

from sigma_core.console import session, widgets, words
from sigma_core.console.charts import Chart, TreeNode, lines, treemap
from sigma_core.console.components.blocks import card_title
from sigma_core.issues.issue_list import MOST_PLACES, POINTS, IssueCourse, IssuesAtPlace

_STRENGTH = {"critical": 1.0, "error": 0.8, "warning": 0.7, "info": 0.6}


def places(found: Sequence[IssuesAtPlace], total: int) -> None:
    """Folders, in them files, in them rules: the larger the more issues, the stronger the graver."""
    several = len({each.project for each in found}) > 1
    shown = sum(each.number for each in found)
    most = max(found, key=lambda each: each.number)
    finding = (
        f"{words.count(shown)} of {words.plural(total, 'issue')}. Most of one rule in one file: "
        f"{words.count(most.number)} × {most.rule} in {most.file}."
    )
    drawn = Chart(
        "Where issues are", treemap(_nodes(found, several=several), is_dark=session.theme() == "dark"), finding
    )
    with st.container(border=True):
        widgets.draw(card_title(drawn.title))
        widgets.chart(drawn, 560, "issue-map")
        widgets.note(finding if shown == total else f"{finding} The {MOST_PLACES} places with most are drawn.")


def course(told: IssueCourse) -> None:
    """How many were open, by severity."""
    now, zone = session.now(), session.zone()
    names = [words.moment(at, now, zone) for at in told.moments]
    series = [(name, numbers, _STRENGTH[name]) for name, numbers in told.open.items()]
    first, last = (sum(numbers[at] for numbers in told.open.values()) for at in (0, -1))
    finding = f"{words.plural(last, 'issue')} open now, {words.count(first)} on {names[0]}."
    if len(told.moments) == 1:
        finding = f"{words.plural(last, 'issue')} open now. The chart begins in two days."
    elif len(told.moments) < POINTS:
        finding = f"{finding} Nobody looked before."
    drawn = Chart("Open issues by severity", lines(names, series, unit="open issues"), finding)
    with st.container(border=True):
        widgets.draw(card_title(drawn.title))
        widgets.chart(drawn, 320, "issue-course")
        widgets.note(f"{finding} Counted by when each was opened, and when its state changed last.")


def _nodes(found: Sequence[IssuesAtPlace], *, several: bool) -> Sequence[TreeNode]:
    """Each place with all folders above it, once."""
    nodes: dict[str, TreeNode] = {}
    for place in found:
        path = PurePosixPath(place.project, place.file) if several else PurePosixPath(place.file)
        above = [str(folder) for folder in reversed(path.parents) if str(folder) != "."]
        steps = [*above, str(path), f"{path}\0{place.rule}"]
        for at, step in enumerate(steps):
            label = step.rpartition("\0")[2] if "\0" in step else PurePosixPath(step).name
            known = nodes.get(step)
            nodes[step] = TreeNode(
                id=step,
                parent=steps[at - 1] if at else "",
                label=label,
                value=place.number + (known.value if known else 0),
                strength=max(place.gravest, known.strength if known else 0),
            )
    return list(nodes.values())
