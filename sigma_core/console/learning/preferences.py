"""The tab Preferences: which rules maintainers want mended, how sure that is, and what it rests on."""

import streamlit as st

from sigma_core.console import actions, session, widgets, words
from sigma_core.console.components.blocks import card
from sigma_core.issues.expectation_words import basis
from sigma_core.issues.tables import RuleExpectation
from sigma_core.projects.tables import Project

MOST_SHOWN = 200


def draw() -> None:
    """Of the chosen project, or of every one, the most worth mending first."""
    system, chosen = session.system(), session.project()
    projects = [chosen] if chosen else list(system.projects.service.list())
    if not projects:
        actions.first_project()
        return
    known = [(each, row) for each in projects for row in system.learning.expectations.of(each.id or 0)]
    rows = [(project, row) for project, row in known if not row.fixer]
    if not rows:
        widgets.empty_state(
            "No preferences yet",
            "Learning looks at commits of a project's past: which issues its maintainers mended, how soon, and which "
            "never. With what became of our changes that says which rules are worth mending. It does so every 15 "
            "minutes, a little further back each time.",
            f"sigma learn --project {projects[0].name}",
        )
        return
    st.dataframe(
        [_cells(project, row) for project, row in rows[:MOST_SHOWN]],
        hide_index=True,
        width="stretch",
        key="preferences",
        column_config={
            "Wanted": st.column_config.ProgressColumn(
                format=words.PERCENT, min_value=0, max_value=100, help="Probability that the maintainers want it mended"
            ),
            "Proved": st.column_config.NumberColumn(
                format=words.PERCENT, help="Probability that a fix stands the tests"
            ),
            "Rests on": st.column_config.TextColumn(width="large"),
        },
    )
    widgets.the_rest(rows, MOST_SHOWN, "choose a project to see its own")
    widgets.draw(
        card(
            "What it changes",
            "Issues are listed and fixed in the order of severity × wanted × proved, per cost. What a project ignores "
            "sinks.",
            aside="intervals hold with 90 %",
        )
    )


def _cells(project: Project, row: RuleExpectation) -> dict[str, object]:
    return {
        "Project": project.name,
        "Rule": row.rule,
        "Wanted": words.whole_percent(row.wanted),
        "90 %": f"{words.percent(row.low)} to {words.percent(row.high)}",
        "Proved": words.whole_percent(row.verifies),
        "Half fixed after": f"{row.median_days:.0f} d" if row.median_days is not None else "",
        "Rests on": basis(row),
        "Most like": ", ".join(f"{each['project']} {each['resemblance']:.2f}" for each in row.sources[:3]),
    }
