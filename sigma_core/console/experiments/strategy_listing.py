"""Which strategies a worker may run, and which of them is advised."""

from collections.abc import Mapping, Sequence
from typing import Any

import streamlit as st

from sigma_core.console import session, widgets
from sigma_core.console.markup import div, join, markdown, span
from sigma_core.errors import Forbidden
from sigma_core.experiments.recommendation import CONTEXTS, Recommendation
from sigma_core.jobs import WORKERS

BY_RECORD = "what has been of use"
_RISKS = {"medium": " :small[:orange-badge[medium risk]]", "high": " :small[:red-badge[high risk]]"}
Described = Mapping[str, Any]


def worker() -> str:
    """The one in whose name strategies run."""
    catalog = session.system().experiments.strategy_catalog
    able = [name for name in WORKERS if catalog.allowed(name)]
    first = able.index("think") if "think" in able else 0
    return str(st.selectbox("Worker", able, index=first, key="worker", bind="query-params"))


def advice(name: str, strategies: Sequence[Described]) -> str | None:
    """The strategy that is advised, with its reason; by what the work is about where that is chosen."""
    own = {each["name"] for each in strategies}
    contexts = [context for context, strategy in CONTEXTS.items() if strategy in own]
    chosen = st.selectbox(
        "Advice for", [BY_RECORD, *contexts], key="context", format_func=lambda context: context.replace("_", " ")
    )
    try:
        found: Recommendation = session.system().experiments.strategy_runs.recommend(
            name, None if chosen == BY_RECORD else chosen
        )
    except Forbidden as error:
        widgets.draw(span(str(error), cls="sg-muted"))
        return None
    title = next(each["title"] for each in strategies if each["name"] == found.strategy)
    widgets.draw(span(found.reason.replace(found.strategy, title), cls="sg-small sg-muted"))
    return found.strategy


def rows(
    strategies: Sequence[Described], others: Sequence[Described], name: str, chosen: str, advised: str | None
) -> None:
    """The left pane: those it may run, and below, in grey, those it may not."""
    with st.container(gap=None, key="sg-rows-strategies"):
        for each in strategies:
            _row(each, chosen, advised)
    if others:
        widgets.draw(
            join(
                div(f"Not for {name}", cls="sg-muted sg-not-for"),
                *(
                    div(each["title"], cls="sg-muted sg-small", title=f"for {', '.join(each['workers'])}")
                    for each in others
                ),
            )
        )


def _row(each: Described, chosen: str, advised: str | None) -> None:
    mark = " :small[:violet-badge[advised]]" if each["name"] == advised else ""
    label = f"**{markdown(each['title'])}**{mark}{_RISKS.get(each['risk'], '')}"
    with st.container(key=f"sg-list-strategy-{each['name']}"):
        st.button(
            f"{label}  \n:small[:gray[{markdown(each['description'])}]]",
            key=f"strategy-{each['name']}",
            wrap=True,
            width="stretch",
            type="secondary" if each["name"] == chosen else "tertiary",
            on_click=_show,
            args=(each["name"],),
        )


def _show(name: str) -> None:
    st.query_params["strategy"] = name
    for other in ("run", "compare"):
        st.query_params.pop(other, None)
