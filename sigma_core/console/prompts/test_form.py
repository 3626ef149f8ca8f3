"""One test of a prompt: what it is filled in with, what must hold of the answer, and the form that changes both."""

import json
from collections.abc import Sequence

import streamlit as st

from sigma_core.console import incidents, session, widgets
from sigma_core.console.components.blocks import notice
from sigma_core.console.components.prompt_text import plain_text
from sigma_core.console.markup import div
from sigma_core.errors import Invalid
from sigma_core.prompts.tables import PromptTest, PromptValidation
from sigma_core.prompts.test_cases import PromptTestCase


def draw(key: str, rows: Sequence[PromptTest], results: dict[int, PromptValidation]) -> None:
    """A choice of test to read, beside it what failed; buttons that change it or add one."""
    with st.container(horizontal=True, vertical_alignment="center"):
        known = {row.name: row for row in rows}
        name = st.selectbox(
            "Test to read",
            list(known),
            index=None,
            placeholder="Read a test",
            key=f"read-test-{key}",
            label_visibility="collapsed",
        )
        row = known.get(name or "")
        if row is not None and widgets.act("Edit test…", key="test-edit"):
            st.dialog("Edit test", width="large")(_form)(key, row)
        if widgets.act("Add test…", key="test-add"):
            st.dialog("Add test", width="large")(_form)(key, None)
    if row is not None:
        _read(row, results.get(row.id or 0))


def _read(row: PromptTest, result: PromptValidation | None) -> None:
    failed = [notice("Failed:", each) for each in result.failures] if result else []
    widgets.draw(
        div(
            plain_text("must hold", _shown(row.assertions), aside="beside the prompt's own schema"),
            *failed,
            plain_text("filled in with", _shown(row.inputs)),
            cls="sg-stack",
        )
    )


def _form(key: str, row: PromptTest | None) -> None:
    incidents.answer()
    with st.form("prompt-test", border=False):
        st.text_input(
            "What it shows", row.name if row else "", key="test-name", max_chars=120, disabled=row is not None
        )
        st.text_area("Must hold, JSON", _shown(row.assertions if row else []), key="test-assertions", height=180)
        st.text_area("Filled in with, JSON by name", _shown(row.inputs if row else {}), key="test-inputs", height=180)
        st.checkbox("Counts", row.enabled if row else True, key="test-enabled", help="Off, it blocks nothing.")
        st.form_submit_button("Save test", key="test-save", type="primary", on_click=_save, args=(key, row))


def _save(key: str, row: PromptTest | None) -> None:
    testing, state = session.system().prompts.tests, st.session_state

    def save() -> None:
        case = PromptTestCase.checked(
            {
                "name": row.name if row else state.get("test-name") or "",
                "view": row.view if row else None,
                "inputs": _parsed("inputs"),
                "assertions": _parsed("assertions"),
                "enabled": bool(state.get("test-enabled")),
            }
        )
        if row is None and case.name in {each.name for each in testing.tests(key)}:
            raise Invalid({"name": "is that of another test"})
        testing.add(key, case, actor=session.actor())

    incidents.attempt(save, "Test saved")


def _shown(value: object) -> str:
    return json.dumps(value, indent=2, ensure_ascii=False)


def _parsed(field: str) -> object:
    try:
        return json.loads(st.session_state.get(f"test-{field}") or "null")
    except (ValueError, RecursionError) as error:
        raise Invalid({field: f"is not JSON: {error}"}) from None
