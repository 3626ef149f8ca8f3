"""The list of prompts: search and filters that a link keeps, a row each."""

from collections.abc import Sequence

import streamlit as st

from sigma_core.console import session, widgets, words
from sigma_core.console.components.blocks import page_head
from sigma_core.console.markup import element, markdown
from sigma_core.prompts.catalog import matches
from sigma_core.prompts.reading import PromptEntry
from sigma_core.prompts.tables import BUILT_IN, PRODUCTION

ALL, ARCHIVED = "All workers", "Archived"


def first(listed: Sequence[PromptEntry]) -> str | None:
    """The prompt shown where none is asked for."""
    return next((str(each.template.id) for each in listed if each.template.archived_at is None), None)


def head(listed: Sequence[PromptEntry]) -> None:
    """How many there are, and whether anything is being tried or missed."""
    in_use = [each for each in listed if PRODUCTION in each.labels]
    fallbacks = sum(count for source, count in session.system().prompts.lookup.counts.items() if source not in _NORMAL)
    if not listed:
        widgets.head(page_head("Prompts"))
        return
    lead = element("strong", f"{words.plural(len(in_use), 'prompt')} in use.")
    if fallbacks:
        rest = f" {words.plural(fallbacks, 'lookup')} had to do without the store."
        widgets.head(page_head("Prompts", lead, rest, tone="warn"))
    else:
        widgets.head(page_head("Prompts", lead, " Workers see a moved label at their next call.", tone="ok"))


def draw(listed: Sequence[PromptEntry], chosen: str) -> None:
    """The left pane."""
    wanted = st.text_input(
        "Search",
        key="q",
        type="search",
        live=True,
        placeholder="Search names and texts",
        label_visibility="collapsed",
        bind="query-params",
    )
    workers = sorted({each.template.worker for each in listed})
    worker = st.selectbox(
        "Worker", [ALL, *workers, ARCHIVED], key="worker", label_visibility="collapsed", bind="query-params"
    )
    shown = [each for each in listed if _fits(each, worker) and matches(each, wanted or "")]
    if not shown:
        widgets.draw(element("p", "No prompt matches these filters.", cls="sg-quiet"))
        st.button("Clear filters", key="clear-prompts", on_click=_clear)
    with st.container(gap=None, key="sg-rows-prompts"):
        for each in shown:
            _row(each, chosen)


def teach() -> None:
    """An empty store: the files that ship are loaded at start, so this is rare."""
    widgets.empty_state("No prompts yet", "The prompts that ship with SIGMA are loaded when it starts.", "sigma init")


def _row(each: PromptEntry, chosen: str) -> None:
    template = each.template
    in_use = each.labels.get(PRODUCTION)
    version = f"v{in_use}" if in_use else f"v{each.latest.number}, not in use"
    own = "" if template.name == BUILT_IN else f" · {template.name}"
    label = f"**{markdown(template.type)}**  \n:small[:gray[{markdown(f'{template.worker} · {version}{own}')}]]"
    selected = str(template.id) == chosen
    with st.container(key=f"sg-list-prompt-{template.id}"):
        pressed = st.button(
            label, key=f"prompt-{template.id}", type="secondary" if selected else "tertiary", width="stretch", wrap=True
        )
    if pressed:
        st.query_params["prompt"] = str(template.id)
        st.rerun()


def _fits(each: PromptEntry, worker: str | None) -> bool:
    if worker == ARCHIVED:
        return each.template.archived_at is not None
    return each.template.archived_at is None and worker in (None, ALL, each.template.worker)


def _clear() -> None:
    st.session_state["q"], st.session_state["worker"] = "", ALL


_NORMAL = ("cache", "store")
