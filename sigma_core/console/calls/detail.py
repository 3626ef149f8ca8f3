"""One call: what was asked, what was answered, what it cost, and what came of it."""

import json
from collections.abc import Iterator, Sequence

import streamlit as st

from sigma_core.console import frame, incidents, session, widgets, words
from sigma_core.console.calls.columns import cost
from sigma_core.console.components.blocks import alert, card, card_title, facts, page_head, scrolled
from sigma_core.console.components.signs import chip, when
from sigma_core.console.markup import Html, div, join, span
from sigma_core.llm.call_list import CallDetail
from sigma_core.llm.tables import ModelCallText, PromptUsage
from sigma_core.proposals.listing import ProposalLine

_ASKED, _NAME = "calls.testing", "call-test-name"


def draw(found: CallDetail) -> None:
    """The whole page."""
    usage = found.usage
    frame.name_tab(f"Call {usage.id}: {usage.prompt}")
    widgets.crumb("call", "Calls", f"call {usage.id}")
    widgets.head(_head(usage), lambda: _buttons(found))
    if usage.error:
        widgets.draw(alert(usage.error_kind or "Failed", usage.error, aside=words.plural(usage.attempts, "request")))
    widgets.draw(div(card("About it", facts(_about(usage))), card("What it used", facts(_used(usage))), cls="sg-pair"))
    if found.text is None:
        widgets.draw(card("What was asked", div("Its texts are kept no longer, or never were.", cls="sg-quiet")))
    else:
        _texts(found.text)
    _proposals(session.system().runtime.status.proposals_of_call(usage.run_id, usage.prompt))
    _testing(found)


def _head(usage: PromptUsage) -> Html:
    answered = chip("Answered", "ok") if usage.success else chip("Failed", "bad")
    at = when(usage.created_at, session.now(), session.zone())
    return join(page_head(usage.prompt), div(answered, span(usage.model), span(at, cls="sg-end"), cls="sg-verdict"))


def _buttons(found: CallDetail) -> None:
    usage = found.usage
    if usage.run_id is not None and st.button(f"Run {usage.run_id}", key="call-run", type="tertiary"):
        widgets.open_page("runs", run=usage.run_id)
    if usage.template_id is not None and st.button("Prompt", key="call-prompt-page", type="tertiary"):
        widgets.open_page("prompts", prompt=usage.template_id)
    if usage.template_id is not None:
        widgets.act(
            "Add as test…",
            key="call-test",
            disabled=found.text is None or found.text.variables is None,
            help="The same values, to be asked of every version.",
            on_click=lambda: st.session_state.update({_ASKED: usage.id}),
        )


def _about(usage: PromptUsage) -> Iterator[tuple[str, object]]:
    yield "Version", span(usage.version, cls="sg-mono")
    if usage.label:
        yield "Chosen by", f"label {usage.label}"
    yield "Asked by", usage.worker
    if (view := usage.context.get("view")) is not None:
        yield "View", str(view)
    if (degraded := usage.context.get("degraded_from")) is not None:
        yield "In place of", f"{degraded}, whose budget is used up"
    yield "Identifier", span(usage.call_id, cls="sg-mono")


def _used(usage: PromptUsage) -> Iterator[tuple[str, object]]:
    yield "Took", words.duration(usage.latency_ms)
    yield "Requests", words.count(usage.attempts)
    cached = f", {words.count(usage.cached_tokens)} of them cached" if usage.cached_tokens else ""
    yield "Tokens in", "n/a" if usage.input_tokens is None else f"{words.count(usage.input_tokens)}{cached}"
    yield "Tokens out", "n/a" if usage.output_tokens is None else words.count(usage.output_tokens)
    yield "Cost", cost(usage.cost_nano_usd)


def _texts(text: ModelCallText) -> None:
    kept = "secrets taken out" if text.is_whole else "secrets taken out, long parts cut"
    asked = (_turn(turn["role"], turn["content"]) for turn in text.messages)
    widgets.draw(card("What was asked", div(*asked, cls="sg-stack"), aside=kept))
    widgets.draw(card("What was answered", _turn("assistant", _pretty(text.answer) or "Nothing.")))


def _turn(role: str, content: str) -> Html:
    return div(div(role, cls="sg-diff-head"), scrolled(role, content), cls="sg-prompt")


def _pretty(answer: str) -> str:
    """JSON with a field a line; anything else as it came."""
    try:
        return json.dumps(json.loads(answer), indent=2, ensure_ascii=False)
    except ValueError:
        return answer


def _proposals(lines: Sequence[ProposalLine]) -> None:
    if not lines:
        return
    with st.container(border=True, gap=None, key="sg-rows-call-proposals"):
        widgets.draw(div(card_title("Proposals of its run"), cls="sg-card-head"))
        for line in lines:
            if widgets.list_row(
                f"proposal-{line.id}", line.title, f"{line.id} · {line.project}", badge=widgets.state_badge(line.state)
            ):
                widgets.open_page("proposals", proposal=line.id)


def _testing(found: CallDetail) -> None:
    if st.session_state.get(_ASKED) == found.usage.id:
        st.dialog("Add as test", on_dismiss=_forget)(_body)(found.usage)


def _body(usage: PromptUsage) -> None:
    incidents.answer()
    widgets.plain(
        usage.prompt, "The values of this call become a test: its answer must fit the schema. More is asked on Prompts."
    )
    with st.form("call-test-form", border=False):
        st.text_input("Name", value=f"call-{usage.id}", key=_NAME, max_chars=120)
        st.form_submit_button("Add test", key="call-test-submit", type="primary", on_click=_add, args=(usage.id,))


def _add(call_id: int) -> None:
    def add() -> None:
        session.system().prompts.add_call_as_test(call_id, st.session_state.get(_NAME) or "", actor=session.actor())
        _forget()

    incidents.attempt(add, "Test added")


def _forget() -> None:
    st.session_state.pop(_ASKED, None)
