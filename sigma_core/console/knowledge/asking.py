"""Ask what is known: sentences from the code's graph, then what recall finds, each with what speaks for it."""

from collections.abc import Mapping
from typing import Any

import streamlit as st

from sigma_core.console import session, widgets
from sigma_core.console.components.blocks import card, page_head, row
from sigma_core.console.markup import Html, div, span
from sigma_core.recall import door
from sigma_core.recall.replying import reply

LIMIT = 15
EXAMPLES = "what breaks if I touch load_orders · which tests cover the importer · what was tried on E711"


def button() -> None:
    """The way to the question."""
    if st.button("Ask…", key="ask", icon=":material/search:"):
        widgets.open_page("knowledge", ask="")


def draw(question: str) -> None:
    """The whole page. `question`: what the link asks, nothing at first."""
    widgets.crumb("ask", "Knowledge", "ask")
    widgets.head(page_head("Ask", "What was learned, found, tried and decided, and what the code says of itself."))
    with st.container(width=860):
        st.text_input(
            "Question", question, key="ask-question", max_chars=2000, placeholder=EXAMPLES, on_change=_put_in_link
        )
        if question.strip():
            _answer(question)


def _put_in_link() -> None:
    st.query_params["ask"] = st.session_state["ask-question"]


def _answer(question: str) -> None:
    known = _asked(question)
    for answer in known["answers"]:
        said = map(_sentence, answer["sentences"])
        widgets.draw(card(str(answer["about"]), *said, aside="from the code and its history"))
    hits = known["results"]
    if hits:
        widgets.draw(card("Found", *map(_hit, hits), badge=len(hits)))
    elif not known["answers"]:
        widgets.draw(span("Nothing is known about this yet.", cls="sg-muted"))


def _asked(question: str) -> Mapping[str, Any]:
    """By the scheduler, which has the embedder at hand; while it is away by words alone, for no page waits for that."""
    system, project = session.system(), session.project()
    wanted = {"query": question, "limit": LIMIT, "project": project and str(project.id), "as_of": None}
    return door.ask(system.settings.home, wanted) or reply(
        system.recall, question, project_id=session.project_id(), limit=LIMIT, as_of=None, by_meaning=False
    )


def _sentence(sentence: Mapping[str, Any]) -> Html:
    since = f" since {sentence['valid_at'][:10]}" if sentence["valid_at"] else ""
    kind, _, name = sentence["source"].partition("/")
    return row(div(sentence["text"], " ", span(f"{kind}/{name[:12]}{since}", cls="sg-faint")))


def _hit(hit: Mapping[str, Any]) -> Html:
    told = f"{hit['id']} · {hit['score']:.2f} · {hit['reason']}"
    return row(div(hit["text"], " ", span(told, cls="sg-faint")))
