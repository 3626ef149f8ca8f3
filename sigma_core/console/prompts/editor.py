"""Editing a prompt: its texts left, what they become right, saved as the next version."""

import json
from dataclasses import replace
from typing import Any

import streamlit as st

from sigma_core.console import incidents, session, widgets, words
from sigma_core.console.components.blocks import notice
from sigma_core.console.components.diff import diff_view
from sigma_core.console.components.prompt_text import plain_text, prompt_text
from sigma_core.console.markup import Html, div, element, span
from sigma_core.console.prompts import drafts
from sigma_core.console.prompts.drafts import PromptDraft
from sigma_core.errors import Conflict, Invalid
from sigma_core.prompts.catalog import Whole, difference
from sigma_core.prompts.content import VIEW, Content, check_names, declared
from sigma_core.prompts.variables import Variable

_SHOWN = "prompts.edited"
"""The prompt whose texts stand in the fields."""
CHARACTERS_PER_TOKEN = 3.5


def is_open(whole: Whole) -> bool:
    """Does the address say that this prompt is being edited, by somebody who may?"""
    return st.query_params.get("edit") == str(whole.template.id) and session.why_not() is None


def open_for(whole: Whole) -> None:
    """Go on with the draft there is, or begin with the newest version's texts."""
    st.query_params.update({"prompt": str(whole.template.id), "edit": str(whole.template.id)})


def draw(whole: Whole) -> None:
    """The form and its preview."""
    key, newest = str(whole.template.id), whole.versions[0]
    draft = drafts.find(session.actor(), key) or PromptDraft(newest.number, drafts.fields_of(newest.content))
    if st.session_state.get(_SHOWN) != key:
        st.session_state.update({_SHOWN: key, "edit-note": "", **draft.fields})
    # Streamlit forgets fields that were not drawn for a while, on the way to another page and back
    for name, text in draft.fields.items():
        st.session_state.setdefault(name, text)
    base = newest.content
    content, problem = _content(base)
    title = element("h2", f"Edit {whole.template.full_name}")
    with st.container(horizontal=True, vertical_alignment="center", wrap=False):
        widgets.draw(div(title, span(f"from v{draft.base}", cls="sg-muted"), cls="sg-prompt-head"))
        _buttons(whole, base, problem)
    if draft.overtaken is not None:
        _overtaken(whole, draft)
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
    fields = [*drafts.fields_of(base), "edit-note"]
    drafts.keep(
        session.actor(), key, replace(draft, fields={name: st.session_state.get(name) or "" for name in fields})
    )


def _overtaken(whole: Whole, draft: PromptDraft) -> None:
    """What somebody else saved meanwhile, and what became of it here."""
    newer = whole.version(draft.base)
    if draft.disputed:
        both = ", ".join(name.removeprefix("edit-").replace("-", " ") for name in draft.disputed)
        said = f"Both of you changed {both}: your words stand, theirs are below. The rest is taken over."
    else:
        said = "What it changes is taken over; saving again keeps both."
    widgets.draw(notice(f"{newer.author} saved v{newer.number} meanwhile: {newer.note or 'no note'}.", said))
    widgets.draw(diff_view(difference(whole.version(draft.overtaken or draft.base), newer), split=False))


def _buttons(whole: Whole, base: dict[str, Any], problem: Invalid | None) -> None:
    st.button("Cancel", key="edit-cancel", on_click=_close, args=(str(whole.template.id),))
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
        catalog, library = session.system().prompts.catalog, session.system().prompts.library
        note, draft = st.session_state.get("edit-note") or "", drafts.find(session.actor(), key)
        base_version = draft.base if draft else None
        try:
            library.edit(key, content, base_version=base_version, note=note, actor=session.actor())
        except Conflict:
            if draft is not None:
                _rebase(catalog.show(key), draft)
            raise
        _close(key)

    incidents.attempt(save, "Saved")


def _rebase(whole: Whole, draft: PromptDraft) -> None:
    """Put the draft on top of what somebody else saved meanwhile: what was typed is still there."""
    draft.fields |= {name: st.session_state.get(name) or "" for name in draft.fields}
    draft.rebase(whole.version(draft.base).content, whole.versions[0].number, whole.versions[0].content)
    st.session_state.update(draft.fields)


def _close(key: str) -> None:
    st.session_state.pop(_SHOWN, None)
    drafts.drop(session.actor(), key)
    st.query_params.pop("edit", None)
