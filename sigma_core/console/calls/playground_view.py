"""The playground: a version of a prompt is asked by hand, two stand side by side. The page never waits for a model."""

import json
from collections.abc import Sequence
from concurrent.futures import Future, ThreadPoolExecutor

import streamlit as st

from sigma_core.console import incidents, session, widgets, words
from sigma_core.console.calls import playground_form
from sigma_core.console.components.blocks import alert, card
from sigma_core.console.markup import Html, div, element
from sigma_core.errors import Invalid
from sigma_core.prompts.playground import PlaygroundAnswer, PlaygroundQuestion

_ASKED = "playground.asked"
AT_ONCE = 4

Asked = Sequence[Future[PlaygroundAnswer]]


def draw() -> None:
    """The form, what it will cost, and what came of the last question."""
    prompts = session.system().prompts
    if not prompts.playground.is_open:
        playground_form.closed()
        return
    names = [each.template.full_name for each in prompts.catalog.list()]
    name = st.selectbox("Prompt", names, key="play-prompt", width=320, bind="query-params")
    try:
        questions = playground_form.questions(prompts.catalog.show(name))
        dearest = [prompts.playground.worst(each) for each in questions]
    except (ValueError, Invalid) as error:
        widgets.note(_why(error))
    else:
        _button(questions, dearest)
    asked: Asked = st.session_state.get(_ASKED, ())
    if asked:
        is_over = all(each.done() for each in asked)
        incidents.live(None if is_over else 1)(_answers)(asked, is_over=is_over)


def _why(error: Exception) -> str:
    if isinstance(error, Invalid):
        return "; ".join(f"{name} {why}" for name, why in error.fields.items())
    return str(error)


def _button(questions: Sequence[PlaygroundQuestion], dearest: Sequence[int | None]) -> None:
    project = session.project()
    if project is not None and not project.model_allowed:
        widgets.note(
            f"Project {project.name} does not allow its text to be sent to a model server. Under All projects, values "
            "that are nobody's can be asked."
        )
        return
    known = [each for each in dearest if each is not None]
    most = f"Costs {words.money(sum(known))} at most" if len(known) == len(dearest) else "No price is known for it"
    with st.container(horizontal=True, vertical_alignment="center"):
        label = "Ask" if len(questions) == 1 else "Ask both"
        widgets.act(label, key="play-ask", type="primary", on_click=_ask, args=(questions,))
        widgets.note(f"{most}. It counts against the budgets and is recorded as a test call.")


def _ask(questions: Sequence[PlaygroundQuestion]) -> None:
    playground, project = session.system().prompts.playground, session.project()

    def ask() -> None:
        st.session_state[_ASKED] = [_pool().submit(playground.ask, each, project) for each in questions]

    incidents.attempt(ask, "Asked")


@st.cache_resource(show_spinner=False)
def _pool() -> ThreadPoolExecutor:
    return ThreadPoolExecutor(AT_ONCE, "playground")


def _answers(asked: Asked, *, is_over: bool) -> None:
    if not is_over and all(each.done() for each in asked):
        st.rerun()
    cls = "sg-pair" if len(asked) > 1 else "sg-stack"
    widgets.draw(div(*(_answer(each.result()) if each.done() else _waiting() for each in asked), cls=cls))


def _waiting() -> Html:
    return card("Asked", div("The model is answering…", cls="sg-quiet"))


def _answer(answer: PlaygroundAnswer) -> Html:
    title = f"v{answer.question.number} by {answer.model}"
    if answer.error is not None:
        return card(title, alert("No answer that can be used", answer.error))
    took = words.duration(answer.latency_ms or 0)
    return card(title, element("pre", _pretty(answer.text)), aside=f"{took} · {words.money(answer.cost_nano_usd)}")


def _pretty(text: str) -> str:
    try:
        return json.dumps(json.loads(text), indent=2, ensure_ascii=False)
    except ValueError:
        return text
