"""One prompt: what it is for, which version is in use, how it does; then its texts, versions, tests, history."""

import json
from datetime import date
from functools import partial

import streamlit as st

from sigma_core.console import frame, incidents, session, widgets, words
from sigma_core.console.components.blocks import card, facts, notice
from sigma_core.console.components.kpi import Tile, strip
from sigma_core.console.components.prompt_text import label_chips, plain_text, prompt_text
from sigma_core.console.markup import Html, div, element, join, span
from sigma_core.console.prompts import analytics, editor, label_actions, test_results, version_history
from sigma_core.llm.ledger import UsageTotal, total_of
from sigma_core.prompts.canary import CanaryStatus
from sigma_core.prompts.catalog import Whole
from sigma_core.prompts.content import VIEW, Content
from sigma_core.prompts.tables import PRODUCTION


def draw(whole: Whole) -> None:
    """The right pane."""
    if "prompt" in st.query_params:
        frame.name_tab(f"{whole.template.worker}/{whole.template.type} · {whole.template.name}")
    canary = session.system().prompts.canaries.status(str(whole.template.id))
    _head(whole, canary)
    if whole.template.archived_at is not None:
        widgets.draw(notice("Archived.", "No label can point to it until it is restored."))
    widgets.draw(strip(_tiles(whole, canary)))
    count = len(session.system().prompts.tests.tests(str(whole.template.id)))
    names = ["Details", "Versions", f"Tests {count}", "Analytics", "History"]
    details, versions, tests, analysed, history = st.tabs(names, key="prompt-tab")
    with details, incidents.contained():
        _details(whole)
    with versions, incidents.contained():
        version_history.draw(whole)
    with tests, incidents.contained():
        test_results.draw(whole)
    with analysed, incidents.contained():
        analytics.draw(whole)
    with history, incidents.contained():
        version_history.history(whole)


def _head(whole: Whole, canary: CanaryStatus | None) -> None:
    template, running = whole.template, canary if canary and canary.canary.state == "running" else None
    tried = running.canary if running and running.canary.candidate_template == template.id else None
    with st.container(horizontal=True, vertical_alignment="bottom", wrap=False, key="sg-beside-head-prompt"):
        widgets.draw(
            div(
                div(template.worker, cls="sg-muted"),
                element("h2", f"{template.type} / {template.name}"),
                label_chips(whole.labels, tried.share if tried else None, tried.candidate_number if tried else None),
                cls="sg-prompt-head",
            )
        )
        widgets.act("Edit", key="edit", shortcut="e", on_click=editor.open_for, args=(whole,))
        label_actions.buttons(whole, running)


def _tiles(whole: Whole, canary: CanaryStatus | None) -> list[Tile]:
    total = total_of(session.system().llm.usage.merged(date.min, date.max, prompt=whole.template.slot))
    return [*_usage(total), _canary(canary)]


def _usage(total: UsageTotal) -> list[Tile]:
    if not total.calls:
        return [Tile("Calls", "0", "so far"), Tile("Success", "n/a", "no calls yet")]
    priced, latency = total.calls - total.unpriced, total.mean_latency_ms
    cost = words.money(round(total.cost_nano_usd / priced)) if priced else "unpriced"
    return [
        Tile("Calls", words.count(total.calls), "all versions"),
        Tile("Success", words.percent(1 - total.failures / total.calls), words.plural(total.failures, "failure")),
        Tile("Latency, mean", "n/a" if latency is None else words.duration(latency), "of a whole call"),
        Tile("Cost per call", cost, f"{words.count(total.unpriced)} unpriced"),
    ]


def _canary(status: CanaryStatus | None) -> Tile:
    if status is None:
        return Tile("Canary", "none", "no version is being tried")
    counted = status.candidate.calls
    if status.canary.state == "running":
        share = words.percent(status.canary.share)
        return Tile("Canary", words.count(counted), f"calls at {share}")
    return Tile("Canary", status.canary.state.replace("_", " "), f"{status.candidate_name}, {counted} calls")


def _details(whole: Whole) -> None:
    version = whole.current
    content = Content.model_validate(version.content)
    known = {*content.variables, VIEW} if content.views else set(content.variables)
    mark = partial(prompt_text, known=known)
    said = "in use" if whole.labels.get(PRODUCTION) == version.number else "newest"
    described = whole.template.description or content.title
    parts = [
        div(described, cls="sg-muted") if described else None,
        mark("system", content.system, aside=f"v{version.number}, {said}"),
        mark("user", content.user),
        *(mark(f"view {name}", text) for name, text in content.views.items()),
        _variables(content),
        plain_text("answer", json.dumps(content.answer, indent=2, ensure_ascii=False)) if content.answer else None,
    ]
    widgets.draw(div(*parts, cls="sg-stack"))


def _variables(content: Content) -> Html:
    rows = []
    for name, variable in content.variables.items():
        limits = f"{'one line, ' if variable.inline else ''}at most {words.count(variable.max_chars)} characters"
        need = "required" if variable.required else "optional"
        rows.append(
            (name, join(span(variable.description), " ", span(f"{variable.type}, {need}, {limits}", cls="sg-faint")))
        )
    tail = f"{words.count(content.max_output_tokens)} tokens, temperature {content.temperature:g}"
    return card("Variables", facts(rows), aside=tail)
