"""One entity: its neighbourhood as a picture, moved through time, and its facts."""

from collections.abc import Mapping
from datetime import datetime

import streamlit as st

from sigma_core.console import session, widgets, words
from sigma_core.console.graph import fact_list, picture, search, time_travel
from sigma_core.console.markup import Html, div, element, span
from sigma_core.graph.read_models import EntityNeighbourhood, EntityView

HOPS = ("1 hop", "2 hops", "3 hops")


def draw(entity: EntityView) -> None:
    """The right pane. Raises `Unavailable`, and `Invalid` for a link to no moment."""
    browser, chosen = session.system().graph.browser, time_travel.asked()
    at = chosen or session.now()
    with st.container(horizontal=True, vertical_alignment="bottom", wrap=False):
        widgets.draw(_head(entity))
        hops = st.segmented_control(
            "Hops", HOPS, default=HOPS[1], required=True, key="hops", label_visibility="collapsed", bind="query-params"
        )
    near, facts = browser.near(entity, HOPS.index(hops or HOPS[1]) + 1, at), browser.facts(entity)
    time_travel.slider(entity.uuid, time_travel.stops([*near.facts, *facts], session.now(), chosen), chosen)
    _picture(near, at, f"graph-{entity.uuid}-{hops}")
    fact_list.draw(entity.uuid, facts, at)


def _head(entity: EntityView) -> Html:
    names = {project.id: project.name for project in session.system().projects.service.list()}
    kinds = ", ".join(kind.replace("_", " ") for kind in entity.kinds)
    place = names.get(entity.project_id, "shared by all projects")
    return div(
        div(f"{words.headed(kinds)} · {place}", cls="sg-muted"),
        element("h2", entity.name),
        div(words.headed(entity.summary), cls="sg-muted") if entity.summary else None,
        cls="sg-prompt-head",
    )


def _picture(near: EntityNeighbourhood, at: datetime, key: str) -> None:
    dark = session.theme() == "dark"
    said = picture.finding(near, at)
    with st.container(border=True, gap=None):
        picked = st.echarts_chart(
            picture.picture(near, at, dark=dark),
            height=picture.HEIGHT,
            key=f"{key}-{session.theme()}",
            alt=said,
            on_select="rerun",
        )
        widgets.draw(span(f"{said}. A click on an entity goes there.", cls="sg-small sg-muted"))
    index = _picked(picked)
    if index is not None and 0 < index < len(near.entities):
        search.go(near.entities[index][0].uuid)
        st.rerun()


def _picked(state: object) -> int | None:
    """The place of the entity that was clicked."""
    selection = state.get("selection") if isinstance(state, Mapping) else None
    for one in (selection or {}).get("selected", ()):
        places = one.get("data_indices") or ()
        if one.get("data_type") == "node" and places:
            return int(places[0])
    return None
