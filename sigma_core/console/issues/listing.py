"""The list of issues: a sentence, filters that a link keeps, and one of three views."""

from collections.abc import Mapping

import streamlit as st

from sigma_core.console import actions, session, widgets, words
from sigma_core.console.components.blocks import page_head
from sigma_core.console.issues import charts, columns
from sigma_core.console.markup import Html, element
from sigma_core.console.table import filters, grid
from sigma_core.issues.issue_list import WantedIssues
from sigma_core.issues.tables import Severity

VIEWS = ("List", "Map", "Course")
ANY = "Any severity"
_STATES: Mapping[str, tuple[str, ...]] = {
    "Open": ("open", "reopened"),
    "Fixed": ("fixed",),
    "Ignored": ("ignored",),
    "All": (),
}


def draw() -> None:
    """The whole page."""
    service, project_id = session.system().issues.service, session.project_id()
    counts, grave = service.census(project_id)
    widgets.head(_head(counts, grave))
    if not any(counts.values()):
        _teach()
        return
    view = st.segmented_control(
        "View",
        VIEWS,
        default=VIEWS[0],
        required=True,
        key="issue-view",
        label_visibility="collapsed",
        bind="query-params",
    )
    if view == "Course":
        charts.course(service.course(project_id))
        return
    wanted = _wanted()
    rows = service.listed(wanted)
    total = rows.count()
    if not total:
        filters.none_match("issue", "clear-issues", _clear)
    elif view == "Map":
        charts.places(service.by_place(wanted), total)
    else:
        grid.draw(columns.TABLE, rows, total)


def _head(counts: Mapping[str, int], grave: Mapping[str, int]) -> Html:
    if not any(counts.values()):
        return page_head("Issues")
    waiting = counts["open"] + counts["reopened"]
    rest = f" {words.count(counts['fixed'])} fixed, {words.count(counts['ignored'])} ignored."
    if not waiting:
        return page_head("Issues", element("strong", "No issue is open."), rest, tone="ok")
    verb = "is" if waiting == 1 else "are"
    lead = f"{words.plural(waiting, 'issue')} {verb} open"
    worst = [words.of_severity(grave[each], each) for each in reversed(Severity) if grave[each]]
    return page_head("Issues", element("strong", f"{lead}: {', '.join(worst)}."), rest, tone="warn")


def _wanted() -> WantedIssues:
    with st.container(horizontal=True, vertical_alignment="center"):
        state = filters.pills("State", list(_STATES), "Open", "issue-state")
        severities = [ANY, *(words.headed(each) for each in reversed(Severity))]
        severity = filters.choice("Severity", severities, "severity", 150)
        text = filters.search("Search file, rule, message", "issue-text", 240)
    return WantedIssues(session.project_id(), _STATES[state], None if severity == ANY else severity.lower(), text)


def _clear() -> None:
    st.session_state["issue-state"], st.session_state["severity"], st.session_state["issue-text"] = "All", ANY, ""


def _teach() -> None:
    actions.nothing_yet(
        "No issues yet",
        "analysis reads the newest commit and reports what linters and detectors find in it. It has not looked at this "
        "project yet, or found nothing",
    )
