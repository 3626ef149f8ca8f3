"""A prompt's tests and what came of them on one version."""

import streamlit as st

from sigma_core.console import incidents, session, widgets, words
from sigma_core.console.components.blocks import card
from sigma_core.console.components.prompt_text import test_head, test_row
from sigma_core.console.components.signs import Mark
from sigma_core.console.markup import Html
from sigma_core.console.prompts import test_form
from sigma_core.llm.interval import wilson
from sigma_core.prompts.catalog import Whole
from sigma_core.prompts.tables import PromptTest, PromptValidation

REPEATS = 5


def draw(whole: Whole) -> None:
    """The table, for a version to choose, and a button that runs them."""
    testing, key = session.system().prompts.tests, str(whole.template.id)
    rows = testing.tests(key)
    if not rows:
        widgets.empty_state(
            "No tests yet",
            "A test fills in the prompt, asks the model and checks the answer. What fails one does not become "
            "production.",
            f"sigma prompt test add {whole.template.full_name} --name NAME --set name=value --assert JSON",
        )
        test_form.draw(key, rows, {})
        return
    with st.container(horizontal=True, vertical_alignment="center"):
        numbers = [each.number for each in whole.versions]
        version = st.selectbox(
            "Version",
            # The newest first: it is the one to promote, and a version saved just now is to be tested next
            numbers,
            format_func=lambda number: f"v{number}",
            key=f"tested-{key}-{numbers[0]}",
            width=120,
            label_visibility="collapsed",
        )
        _button(whole, version)
    results = {each.test_id: each for each in testing.last(key, version).results}
    runs = max((each.runs for each in results.values()), default=0)
    aside = f"n = {runs} each, model {testing.model_name}" if runs else f"not run yet with {testing.model_name}"
    drawn = [_row(row, results.get(row.id or 0)) for row in rows]
    widgets.draw(card(f"Tests of v{version}", test_head(), *drawn, aside=aside))
    test_form.draw(key, rows, results)


def _button(whole: Whole, version: int) -> None:
    remote = session.system().llm.model.remote
    widgets.act(
        f"Run all {REPEATS} times",
        key="run-tests",
        disabled=remote,
        # A page never waits for a model server
        help=f"A model server is asked: sigma prompt test run {whole.template.full_name}" if remote else None,
        on_click=_run,
        args=(str(whole.template.id), version),
    )


def _run(key: str, version: int) -> None:
    testing, actor = session.system().prompts.tests, session.actor()
    incidents.attempt(lambda: testing.run(key, version=version, repeats=REPEATS, actor=actor), "Tests run")


def _row(row: PromptTest, result: PromptValidation | None) -> Html:
    checks = ", ".join(dict.fromkeys(str(each["kind"]).replace("_", " ") for each in row.assertions)) or "its schema"
    if not row.enabled:
        return test_row("none", row.name, checks, "off", "", "")
    if result is None:
        return test_row("none", row.name, checks, "not run", "", "")
    if result.skipped:
        return test_row("none", row.name, checks, "skipped", "", result.skipped)
    low, high = wilson(result.passes, result.runs)
    passed = f"{result.passes}/{result.runs} [{low * 100:.0f}, {high * 100:.0f}]"
    mark: Mark = "ok" if result.passes == result.runs else "bad" if result.passes == 0 else "flaky"
    latency = words.duration(result.latency_ms) if result.latency_ms is not None else ""
    return test_row(mark, row.name, checks, passed, latency, "; ".join(result.failures)[:300])
