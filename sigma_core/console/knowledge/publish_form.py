"""Publish by hand: a form made from the payload model, every refusal shown at its field."""

from collections.abc import Mapping, Sequence

import streamlit as st

from sigma_core.console import form_widgets, incidents, session, widgets, words
from sigma_core.console.components.blocks import page_head
from sigma_core.console.form_fields import FormField, fields_of, values_of
from sigma_core.console.markup import span
from sigma_core.errors import Invalid
from sigma_core.exchange.message import Urgency
from sigma_core.exchange.payload import Payload
from sigma_core.jobs import WORKERS

_REFUSALS = "publish.refusals"
_ENVELOPE = ("urgency", "targets")
_PUBLISHED = "publish.published"


def button() -> None:
    """The way to the form."""
    if widgets.act("Publish…", key="publish", type="primary", icon=":material/campaign:"):
        widgets.open_page("knowledge", publish="risk_pattern")


def draw(asked: str) -> None:
    """The whole page. `asked`: the type to begin with."""
    published = st.session_state.pop(_PUBLISHED, None)
    if published is not None:
        widgets.open_page("knowledge", item=published)
    widgets.crumb("publish", "Knowledge", "publish")
    widgets.head(page_head("Publish by hand", "Workers receive it with their next exchange, urgent items first."))
    kinds = {kind.name: kind for kind in session.system().exchange.service.registry}
    with st.container(width=860):
        kind = kinds[_choose(list(kinds), asked)]
        widgets.draw(span(_about(kind), cls="sg-muted"))
        _form(kind)


def _choose(names: Sequence[str], asked: str) -> str:
    return str(
        st.selectbox(
            "Type",
            names,
            index=names.index(asked) if asked in names else 0,
            key="publish-type",
            on_change=_forget,
            width=300,
        )
    )


def _about(kind: type[Payload]) -> str:
    told = f"Goes to {', '.join(kind.recipients)}" + (", by content" if kind.propagation == "multicast" else "")
    return f"{(kind.__doc__ or '').strip().splitlines()[0]} {told}; decay time {words.interval(kind.decay_s)}."


def _form(kind: type[Payload]) -> None:
    refusals: Mapping[str, str] = st.session_state.get(_REFUSALS, {})
    fields = fields_of(kind.model_json_schema())
    with st.form(f"publish-{kind.name}"):
        places = st.columns(2, gap="medium")
        for number, one in enumerate(fields):
            with places[number % 2]:
                form_widgets.enter(one, _key(kind, one.name))
                form_widgets.refusal(refusals, one.name)
        _envelope(refusals)
        known = {one.name for one in fields} | set(_ENVELOPE)
        for name in sorted({form_widgets.top(name) for name in refusals} - known):
            form_widgets.refusal(refusals, name, named=True)
        st.form_submit_button("Publish", key="publish-submit", type="primary", on_click=_publish, args=(kind, fields))


def _envelope(refusals: Mapping[str, str]) -> None:
    left, right = st.columns(2, gap="medium")
    with left:
        st.segmented_control("Urgency", list(Urgency), default=Urgency.NORMAL, required=True, key="publish-urgency")
        form_widgets.refusal(refusals, "urgency")
    with right:
        st.multiselect("To", WORKERS, key="publish-targets", placeholder="its usual recipients")
        form_widgets.refusal(refusals, "targets")


def _publish(kind: type[Payload], fields: Sequence[FormField]) -> None:
    state = st.session_state
    entered = {one.name: state.get(_key(kind, one.name)) for one in fields}

    _forget()

    def publish() -> None:
        try:
            published = session.system().exchange.console.publish(
                kind.name,
                values_of(fields, entered),
                actor=session.actor(),
                urgency=state.get("publish-urgency") or Urgency.NORMAL,
                targets=state.get("publish-targets") or None,
                project_id=session.project_id(),
            )
        except Invalid as error:
            state[_REFUSALS] = error.fields
            raise
        state[_PUBLISHED] = published.message_id

    incidents.attempt(publish, "Published")
    if _REFUSALS in state:
        incidents.dismiss()


def _forget() -> None:
    st.session_state.pop(_REFUSALS, None)


def _key(kind: type[Payload], name: str) -> str:
    return f"publish-{kind.name}-{name}"
