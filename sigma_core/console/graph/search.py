"""Finding an entity: by a part of its name, by names like it, by how much is known of it."""

from collections.abc import Sequence

import streamlit as st

from sigma_core.console import session, widgets, words
from sigma_core.console.graph.kinds import named_kind
from sigma_core.console.graph.views import ENTITIES
from sigma_core.console.markup import div, markdown, span
from sigma_core.console.network_chart import picked_number
from sigma_core.graph.read_models import EntityView

SHOWN = 10
MOST_KINDS = 14
"""Of the commonest; rarer ones are in the picture all the same."""


def groups() -> tuple[int | None, ...]:
    """What is looked at: the chosen project or all of them, and what is shared."""
    chosen = session.project_id()
    if chosen is not None:
        return chosen, None
    return *(project.id for project in session.system().projects.service.list()), None


def kinds() -> list[str]:
    """Kinds of entities that the reader has chosen to see; all of them where none is chosen."""
    return [kind for kind in st.query_params.get_all("kinds") if kind]


def choose_kinds() -> None:
    """What kinds there are, each with how many entities; the choice stands in the link."""
    counted = session.system().graph.browser.kinds(groups())
    chosen, common = kinds(), list(counted)[:MOST_KINDS]
    offered = [*common, *(kind for kind in chosen if kind not in common)]
    key = f"kinds-{'-'.join(chosen)}"
    if len(offered) > 1:
        st.pills(
            "Kinds of entities",
            offered,
            selection_mode="multi",
            default=chosen,
            key=key,
            on_change=_choose_kinds,
            args=(key,),
            label_visibility="collapsed",
            format_func=lambda kind: f"{named_kind(kind)} {words.count(counted.get(kind, 0))}",
        )


def _choose_kinds(key: str) -> None:
    st.query_params["kinds"] = st.session_state[key]


def draw(chosen: str | None) -> None:
    """The left pane. `chosen`: the id of the entity that is shown."""
    text = st.text_input(
        "Search",
        key="q",
        type="search",
        live=True,
        placeholder="Search entities",
        label_visibility="collapsed",
        bind="query-params",
        max_chars=200,
    )
    wanted, browser = (text or "").strip(), session.system().graph.browser
    if not wanted:
        _rows("Most connected", browser.most_connected(groups(), SHOWN, kinds()), chosen)
    elif found := browser.search(wanted, groups(), SHOWN + 1, kinds()):
        _rows("", found[:SHOWN], chosen)
        if len(found) > SHOWN:
            widgets.draw(div("More entities match: type more of the name.", cls="sg-quiet"))
    else:
        widgets.draw(div(f"No entity is called “{wanted[:60]}”.", cls="sg-quiet"))
        _suggest(browser.resembling(wanted, groups()))


def go(entity: str) -> None:
    """Show an entity, as of now."""
    st.query_params["entity"] = entity
    st.query_params.pop("as_of", None)


def go_from(key: str, names: Sequence[str]) -> None:
    """Show the entity that was clicked in a picture of another view; `names` as they stand in it."""
    place = picked_number(st.session_state.get(key))
    if place is not None and place < len(names):
        st.session_state["show"] = ENTITIES
        go(names[place])


def _rows(title: str, found: Sequence[EntityView], chosen: str | None) -> None:
    if title:
        widgets.draw(span(title, cls="sg-muted"))
    with st.container(gap=None, key="sg-rows-entities"):
        for each in found:
            _row(each, chosen)


def _row(each: EntityView, chosen: str | None) -> None:
    names = {project.id: project.name for project in session.system().projects.service.list()}
    place = names.get(each.project_id, "shared") if session.project_id() is None else ""
    said = (named_kind(each.kind), words.plural(each.facts or 0, "fact"), place)
    sub = markdown(" · ".join(part for part in said if part))
    with st.container(key=f"sg-list-entity-{each.uuid}"):
        st.button(
            f"**{markdown(each.name)}**  \n:small[:gray[{sub}]]",
            key=f"entity-{each.uuid}",
            width="stretch",
            wrap=True,
            type="secondary" if each.uuid == chosen else "tertiary",
            on_click=go,
            args=(each.uuid,),
        )


def _suggest(names: Sequence[str]) -> None:
    if names:
        widgets.draw(span("Close names", cls="sg-muted"))
    for place, name in enumerate(names):
        st.button(markdown(name), key=f"close-{place}", type="tertiary", wrap=True, on_click=_search, args=(name,))


def _search(name: str) -> None:
    st.session_state["q"] = name
