"""The knowledge graph: find an entity, see what is around it at any time (?entity=NAME&hops=2 hops&kinds=test&as_of=T).

`as_of` is a tag, a commit or a moment. What a change may reach: ?show=Blast radius&proposal=ID or &of=NAME.
The module map: ?show=Modules.
"""

from contextlib import suppress

import streamlit as st

from sigma_core.console import incidents, session, widgets
from sigma_core.console.components.blocks import page_head
from sigma_core.console.graph import blast_radius, entity_detail, export_menu, modules, search, state
from sigma_core.console.graph.views import BLAST, MODULES, VIEWS
from sigma_core.console.markup import div
from sigma_core.errors import NotFound, Unavailable
from sigma_core.graph.adapter import Stats
from sigma_core.graph.read_models import EntityView
from sigma_core.graph.updater import figures

system = session.system()
updates = figures(system.database)


DRAWN = {MODULES: modules.draw, BLAST: blast_radius.draw}


def chosen() -> EntityView | None:
    """What the link names, or else the chosen project, or what most is known of."""
    browser, groups = system.graph.browser, search.groups()
    if wanted := st.query_params.get("entity"):
        return browser.find(wanted, groups)
    if project := session.project():
        # A verdict that all proposals share is better connected, and says less
        with suppress(NotFound):
            return browser.find(project.name, groups)
    return next(iter(browser.most_connected(groups, 1, search.kinds())), None)


def around(found: EntityView | None, failure: NotFound | None) -> None:
    """The right pane."""
    if failure is not None:
        incidents.show(incidents.failure_of(failure))
        if st.button("Most connected", key="most-connected"):
            widgets.back("entity")
    elif found is None:
        widgets.draw(div("Nothing is known of this project yet.", cls="sg-quiet"))
    else:
        entity_detail.draw(found)


def panes() -> None:
    found, failure = None, None
    try:
        found = chosen()
    except NotFound as error:
        failure = error
    search.choose_kinds()
    with st.container(horizontal=True, wrap=False, gap="medium", key="sg-panes-graph"):
        with st.container(width=236, gap="small"):
            search.draw(found.uuid if found else None)
        with st.container(width="stretch", gap="small"), incidents.contained():
            around(found, failure)


def views() -> str:
    """What is looked at; the choice stands in the link."""
    with st.container(horizontal=True, vertical_alignment="center", horizontal_alignment="distribute", wrap=False):
        view = st.segmented_control(
            "View",
            VIEWS,
            default=VIEWS[0],
            required=True,
            key="show",
            label_visibility="collapsed",
            bind="query-params",
        )
        if held is not None:
            export_menu.draw(held)
    return view or VIEWS[0]


def held_now() -> Stats | None:
    """How much there is; None, and told, where the graph does not answer."""
    try:
        held = system.graph.browser.stats()
    except Unavailable as error:
        state.away(error, updates)
        return None
    widgets.draw(state.head(held, updates))
    return held


if state.is_empty(updates):
    widgets.draw(page_head("Graph"))
    state.teach(updates)
else:
    held = held_now()
    # Modules, and what a change may reach, are known from the database
    if (view := views()) in DRAWN:
        with incidents.contained():
            DRAWN[view]()
    elif held is not None:
        try:
            panes()
        except Unavailable as error:
            state.away(error, updates)
