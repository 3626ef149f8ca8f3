"""The module map (?show=Modules&as_of=TAG): which modules belong together, beside the packages they live in."""

from functools import partial

import streamlit as st

from sigma_core.console import session, widgets
from sigma_core.console.components.blocks import card_title, root
from sigma_core.console.graph import module_picture, project_choice, search, time_travel
from sigma_core.console.markup import div, element, span
from sigma_core.projects.tables import Project
from sigma_core.strategies.module_communities import ModuleCommunities, module_communities

SEED = 1
SHOWN = 10


def draw() -> None:
    """The map of a project. Raises `Invalid` for a link to no moment."""
    project = project_choice.of_code()
    if project is None:
        return
    at = time_travel.asked(project.id)
    with st.container(horizontal=True, vertical_alignment="bottom", wrap=False):
        title = div(
            div("Packages are boxes, communities are colours", cls="sg-muted"),
            element("h2", project.name),
            cls="sg-prompt-head",
        )
        widgets.draw(title)
        time_travel.commits(project.id or 0)
        if at is not None and st.button("Now", key="modules-now", type="tertiary"):
            widgets.back("as_of")
    snapshot = session.system().codebase.snapshots.of(project.id or 0, at)
    if not len(snapshot):
        _teach(project)
        return
    found = snapshot.derived("module map", lambda seen: module_communities(seen, SEED))
    if not len(found.modules):
        widgets.draw(div(f"{project.name} has no modules within packages at that moment.", cls="sg-quiet"))
        return
    drawn = module_picture.module_map(snapshot, found)
    said = module_picture.finding(drawn, found)
    with st.container(border=True, gap=None):
        key = f"modules-{snapshot.version}-{session.theme()}"
        st.echarts_chart(
            module_picture.picture(drawn, dark=session.theme() == "dark"),
            height=drawn.height,
            key=key,
            alt=said,
            on_select=partial(search.go_from, key, [each.name for each in drawn.modules]),
        )
        ring = " A ring: it lives in one package and belongs to another." if found.drift else ""
        widgets.draw(span(f"{said}.{ring} Lines are imports between packages.", cls="sg-small sg-muted"))
    _drift(found)


def _teach(project: Project) -> None:
    widgets.empty_state(
        "No code is known yet",
        f"What {project.name} defines, imports and calls is read by each analysis; the first one draws this map.",
        f"sigma run --project {project.name}",
    )


def _drift(found: ModuleCommunities) -> None:
    """Modules out of place, the clearest first, each with why."""
    with st.container(gap=None, key="sg-facts"):
        aside = f"{len(found.drift)}, the clearest first" if found.drift else "none"
        widgets.draw(div(card_title("Out of place"), span(aside, cls="sg-faint"), cls="sg-card-head"))
        rows = [
            div(
                div(each.because),
                div(f"{each.lives_in} → {each.belongs_to} · {each.score:.2f}", cls="sg-small sg-muted"),
                cls="sg-fact",
            )
            for each in found.drift[:SHOWN]
        ]
        if not rows:
            rows = [div("Every module has most of its ties within its own package.", cls="sg-quiet")]
        st.html(root(div(*rows, cls="sg-reasons")))
