"""What is asked on the playground: a prompt, its values, and one or two of its versions and models."""

import json
from collections.abc import Mapping, Sequence

import streamlit as st

from sigma_core.console import session, widgets
from sigma_core.prompts.catalog import Whole
from sigma_core.prompts.playground import PlaygroundQuestion
from sigma_core.prompts.tables import PromptTest
from sigma_core.prompts.variables import Kind, Variable, written

EMPTY = "Nothing filled in"
_LEFT, _RIGHT = "a", "b"


def questions(whole: Whole) -> Sequence[PlaygroundQuestion]:
    """As chosen and filled in. Raises `ValueError` with the field that is no JSON."""
    sides = _sides(whole)
    content = session.system().prompts.catalog.prompt(whole.template.full_name, sides[0][0]).content
    test = _test(whole)
    view = _view(list(content.views), test)
    inputs = test.inputs if test else {}
    name = f"{whole.template.id}-{test.id if test else 0}"
    filled = {each: _field(f"play-{name}-{each}", each, known, inputs) for each, known in content.variables.items()}
    values = {each: _value(each, content.variables[each].type, text) for each, text in filled.items() if text}
    return [PlaygroundQuestion(whole.template.full_name, number, model, view, values) for number, model in sides]


def _sides(whole: Whole) -> Sequence[tuple[int, str]]:
    with st.container(horizontal=True, vertical_alignment="bottom"):
        left = _side(whole, _LEFT)
        if not st.toggle("Compare with", key="play-compare", bind="query-params"):
            return [left]
        return [left, _side(whole, _RIGHT)]


def _side(whole: Whole, side: str) -> tuple[int, str]:
    """A version and a model."""
    numbers, models = [each.number for each in whole.versions], session.system().llm.model_names
    number = st.selectbox(
        "Version",
        numbers,
        index=numbers.index(whole.current.number),
        format_func=lambda number: f"v{number}",
        key=f"play-version-{side}-{whole.template.id}",
        width=110,
    )
    return number, st.selectbox("Model", models, key=f"play-model-{side}", width=200)


def _test(whole: Whole) -> PromptTest | None:
    """The test whose values are begun with."""
    tests = {row.name: row for row in session.system().prompts.tests.tests(str(whole.template.id))}
    chosen = st.selectbox(
        "Begin with the values of",
        [*tests, EMPTY],
        key=f"play-test-{whole.template.id}",
        help="Tests of this prompt; a call becomes one by Add as test.",
        width=320,
    )
    return tests.get(chosen)


def _view(views: Sequence[str], test: PromptTest | None) -> str | None:
    if not views:
        return None
    first = views.index(test.view) if test and test.view in views else 0
    return st.selectbox("View", views, index=first, key=f"play-view-{test.id if test else 0}", width=200)


def _field(key: str, name: str, known: Variable, inputs: Mapping[str, object]) -> str:
    given = inputs.get(name, known.default)
    text = "" if given is None else written(given)
    label = name if known.required else f"{name} (optional)"
    if known.inline or known.type == "number":
        return st.text_input(label, text, key=key, help=known.description or None)
    return st.text_area(label, text, key=key, height=120, help=known.description or None)


def _value(name: str, kind: Kind, text: str) -> object:
    if kind == "text":
        return text
    try:
        value: object = json.loads(text)
    except ValueError:
        raise ValueError(f"{name} is no {'number' if kind == 'number' else 'JSON'}.") from None
    return value


def closed() -> None:
    """Why nothing can be asked here, and what opens it."""
    widgets.empty_state(
        "No model to ask",
        "Here a version of a prompt is asked by hand and compared with another. Without a model server the offline "
        "rules answer, whatever a prompt says. Set SIGMA_MODEL and its key, and start SIGMA again.",
        "sigma doctor",
    )
