"""One entity: its neighbourhood as a picture, moved through time, and its facts."""

from collections.abc import Sequence
from datetime import datetime

import streamlit as st

from sigma_core.console import frame, session, widgets, words
from sigma_core.console.graph import fact_list, picture, search, time_travel
from sigma_core.console.graph.kinds import named_kind
from sigma_core.console.graph.views import BLAST
from sigma_core.console.markup import Html, div, element, span
from sigma_core.console.network_chart import picked_number
from sigma_core.graph.read_models import EntityNeighbourhood, EntityView
from sigma_core.graph.vocabulary import CLASS, FUNCTION, MODULE

REACHING = {FUNCTION, CLASS, MODULE}
"""Kinds of which it can be told what a change may reach."""
HOPS = ("1 hop", "2 hops", "3 hops")


def draw(entity: EntityView) -> None:
    """The right pane. Raises `Unavailable`, and `Invalid` for a link to no moment."""
    if "entity" in st.query_params:
        frame.name_tab(entity.name)
    browser, chosen = session.system().graph.browser, time_travel.asked(entity.project_id)
    at = chosen or session.now()
    with st.container(horizontal=True, vertical_alignment="bottom", wrap=False):
        widgets.draw(_head(entity))
        if entity.project_id is not None and set(entity.kinds) & REACHING:
            st.button(
                "Blast radius", key="blast", on_click=_blast, args=(entity.name,), help="What its change may reach"
            )
        hops = st.segmented_control(
            "Hops", HOPS, default=HOPS[1], required=True, key="hops", label_visibility="collapsed", bind="query-params"
        )
    kinds = search.kinds()
    near, facts = browser.near(entity, HOPS.index(hops or HOPS[1]) + 1, at, kinds), browser.facts(entity)
    stops = time_travel.stops([*near.facts, *facts], session.now(), chosen)
    time_travel.slider(entity.uuid, stops, chosen, entity.project_id)
    if kinds and len(near.entities) == 1:
        widgets.draw(div(_nothing_near(entity, kinds), cls="sg-quiet"))
    else:
        _picture(near, at, f"graph-{entity.uuid}-{hops}-{'-'.join(kinds)}")
    fact_list.draw(entity, facts, at)


def _nothing_near(entity: EntityView, kinds: Sequence[str]) -> str:
    """The way from hop to hop leads through what is chosen, and through nothing else."""
    named = " or ".join(named_kind(kind) for kind in kinds)
    return f"No {named} is next to {entity.name}. What lies farther away is reached by other kinds: choose those, too."


def _blast(name: str) -> None:
    st.session_state["show"], st.session_state["of"] = BLAST, name


def _head(entity: EntityView) -> Html:
    names = {project.id: project.name for project in session.system().projects.service.list()}
    kinds = ", ".join(named_kind(kind) for kind in entity.kinds)
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
    index = picked_number(picked)
    if index is not None and 0 < index < len(near.entities):
        search.go(near.entities[index][0].uuid)
        st.rerun()
