"""Editing a prompt: its texts left, what they become right, saved as the next version."""

import json
from typing import Any

import streamlit as st

from sigma_core.console import incidents, session, widgets, words
from sigma_core.console.components.blocks import notice
from sigma_core.console.components.prompt_text import plain_text, prompt_text
from sigma_core.console.markup import Html, div, element, span
from sigma_core.errors import Conflict, Invalid
from sigma_core.prompts.catalog import Whole
from sigma_core.prompts.content import VIEW, Content, check_names, declared
from sigma_core.prompts.variables import Variable

_OPEN = "prompts.editing"
_BASE = "prompts.base"
CHARACTERS_PER_TOKEN = 3.5


def is_open(whole: Whole) -> bool:
    """Is this prompt being edited?"""
    return st.session_state.get(_OPEN) == whole.template.id


def open_for(whole: Whole) -> None:
    """Begin with the newest version's texts."""
    content = whole.versions[0].content
    st.session_state[_OPEN], st.session_state[_BASE] = whole.template.id, whole.versions[0].number
    st.session_state.update(
        {
            "edit-system": content["system"],
            "edit-user": content["user"],
            "edit-note": "",
            "edit-schema": json.dumps(content["answer"], indent=2, ensure_ascii=False),
            "edit-variables": json.dumps(content["variables"], indent=2, ensure_ascii=False),
            **{f"edit-view-{name}": text for name, text in content["views"].items()},
        }
    )


def draw(whole: Whole) -> None:
    """The form and its preview."""
    base = whole.versions[0].content
    content, problem = _content(base)
    title = element("h2", f"Edit {whole.template.full_name}")
    with st.container(horizontal=True, vertical_alignment="center", wrap=False):
        widgets.draw(div(title, span(f"from v{st.session_state[_BASE]}", cls="sg-muted"), cls="sg-prompt-head"))
        _buttons(whole, base, problem)
    left, right = st.columns(2, gap="small")
    with left:
        st.text_area("System", key="edit-system", height=220)
        st.text_area("User", key="edit-user", height=220)
        for name in base["views"]:
            st.text_area(f"View {name}", key=f"edit-view-{name}", height=100)
        with st.expander("Variables and answer"):
            st.text_area("Variables, JSON by name", key="edit-variables", height=220)
            st.text_area("JSON schema of the answer", key="edit-schema", height=220)
        st.text_input("What is different, and why", key="edit-note", max_chars=2000)
    with right:
        widgets.draw(_preview(content, problem))


def _buttons(whole: Whole, base: dict[str, Any], problem: Invalid | None) -> None:
    st.button("Cancel", key="edit-cancel", on_click=_close)
    st.button(
        "Save version",
        key="edit-save",
        type="primary",
        disabled=problem is not None,
        on_click=_save,
        args=(str(whole.template.id), base),
    )


def _content(base: dict[str, Any]) -> tuple[Content | None, Invalid | None]:
    """What the fields say, or what is wrong with it."""
    state = st.session_state
    texts = {"system": state.get("edit-system") or "", "user": state.get("edit-user") or ""}
    views = {name: state.get(f"edit-view-{name}") or "" for name in base["views"]}
    try:
        answer, variables = _json("edit-schema", "answer"), _json("edit-variables", "variables")
        known = {name: Variable.model_validate(each) for name, each in variables.items()}
        whole = "\n".join(texts.values())
        content = Content.checked(
            {**base, **texts, "views": views, "answer": answer, "variables": declared(whole, known)}
        )
        if not content.references:
            check_names((content.system, content.user), content)
    except Invalid as error:
        return None, error
    except (ValueError, AttributeError) as error:
        return None, Invalid({"variables": str(error)[:300]})
    return content, None


def _json(key: str, field: str) -> dict[str, Any]:
    try:
        found = json.loads(st.session_state.get(key) or "{}")
    except (ValueError, RecursionError) as error:
        raise Invalid({field: f"is not JSON: {error}"}) from None
    if not isinstance(found, dict):
        raise Invalid({field: "is not a JSON object"})
    return found


def _preview(content: Content | None, problem: Invalid | None) -> Html:
    state = st.session_state
    system, user = state.get("edit-system") or "", state.get("edit-user") or ""
    known = {*content.variables, VIEW} if content else set()
    tokens = round((len(system) + len(user)) / CHARACTERS_PER_TOKEN)
    price = "priced when it is asked" if session.system().llm.model.remote else "$0 with the offline rules"
    said = f"About {words.count(tokens)} tokens without values, {price}."
    texts = (
        [prompt_text("system", system, known), prompt_text("user", user, known)]
        if content
        else [plain_text("system", system), plain_text("user", user)]
    )
    wrong = [notice(f"{name}:", why) for name, why in problem.fields.items()] if problem else []
    return div(*wrong, *texts, div(said, cls="sg-muted"), cls="sg-stack")


def _save(key: str, base: dict[str, Any]) -> None:
    def save() -> None:
        content, problem = _content(base)
        if problem is not None or content is None:
            raise problem or Invalid({"prompt": "is empty"})
        library, note = session.system().prompts.library, st.session_state.get("edit-note") or ""
        try:
            library.edit(key, content, base_version=st.session_state[_BASE], note=note, actor=session.actor())
        except Conflict:
            # Told of the newer version, the person may save over it: what was typed is still there
            st.session_state[_BASE] = session.system().prompts.catalog.show(key).versions[0].number
            raise
        _close()

    incidents.attempt(save, "Saved")


def _close() -> None:
    st.session_state.pop(_OPEN, None)
