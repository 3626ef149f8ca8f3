"""What a decision rests on, as a picture on the proposal's page; a click tells of one part and leads there."""

import streamlit as st

from sigma_core.console import session, widgets
from sigma_core.console.components.blocks import notice
from sigma_core.console.markup import div, span
from sigma_core.console.network_chart import picked_number
from sigma_core.console.proposals import why_picture
from sigma_core.errors import Conflict, NotFound
from sigma_core.proposals.tables import Proposal
from sigma_core.runtime.why_graph import WhyGraph, WhyNode, why_graph


def draw(proposal: Proposal) -> None:
    """Nothing before the committee has decided."""
    system = session.system()
    try:
        trace = system.runtime.traces.of(proposal.id or 0)
    except NotFound:
        return
    except Conflict as error:
        widgets.draw(notice("The decision cannot be traced.", str(error)))
        return
    graph = why_graph(trace, system.workers.why.of(proposal))
    said, theme = why_picture.finding(graph), session.theme()
    with st.container(border=True, gap=None, key="why-card"):
        widgets.draw(div("What the decision rests on", cls="sg-strong"))
        picked = st.echarts_chart(
            why_picture.picture(graph, dark=theme == "dark"),
            height=why_picture.height(graph),
            key=f"why-{proposal.id}-{theme}",
            alt=said,
            on_select="rerun",
        )
        node = why_picture.chosen(graph, picked_number(picked))
        if node is None:
            widgets.draw(span(f"{said}. A click on a part tells of it.", cls="sg-small sg-muted"))
        else:
            _tell(graph, node)


def _tell(graph: WhyGraph, node: WhyNode) -> None:
    """One part in words, and the way to it."""
    because = "".join(f" Why it counted: {each}" for each in why_picture.explained(graph, node.key))
    with st.container(horizontal=True, vertical_alignment="center"):
        wrong = f" In the store, {node.wrong}." if node.wrong else ""
        widgets.draw(span(f"{node.said}.{wrong}{because}", cls="sg-small"))
        if node.target is not None and st.button(f"Open {node.target.page}", key="why-open", type="tertiary"):
            widgets.open_page(node.target.page, **node.target.parameters)
