"""The knowledge graph: find an entity, see what is around it at any time (?entity=NAME&hops=2 hops&as_of=T)."""

from contextlib import suppress

import streamlit as st

from sigma_core.console import incidents, session, widgets
from sigma_core.console.components.blocks import page_head
from sigma_core.console.graph import entity_detail, search, state
from sigma_core.console.markup import div
from sigma_core.errors import NotFound, Unavailable
from sigma_core.graph.read_models import EntityView
from sigma_core.graph.updater import figures

system = session.system()
updates = figures(system.database)


def chosen() -> EntityView | None:
    """What the link names, or else the chosen project, or what most is known of."""
    browser, groups = system.graph.browser, search.groups()
    if wanted := st.query_params.get("entity"):
        return browser.find(wanted, groups)
    if project := session.project():
        # A verdict that all proposals share is better connected, and says less
        with suppress(NotFound):
            return browser.find(project.name, groups)
    return next(iter(browser.most_connected(groups, 1)), None)


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
    with st.container(horizontal=True, wrap=False, gap="medium", key="sg-panes-graph"):
        with st.container(width=236, gap="small"):
            search.draw(found.uuid if found else None)
        with st.container(width="stretch", gap="small"), incidents.contained():
            around(found, failure)


if state.is_empty(updates):
    widgets.draw(page_head("Graph"))
    state.teach(updates)
else:
    try:
        widgets.draw(state.head(system.graph.browser.stats(), updates))
        panes()
    except Unavailable as error:
        state.away(error, updates)
