"""What people are told of by mail and webhook: a switch for each kind, a test, and what came of the latest."""

from collections.abc import Mapping
from functools import partial

import streamlit as st

from sigma_core.console import incidents, session, widgets, words
from sigma_core.console.components.blocks import card_title
from sigma_core.console.components.signs import Tone, dot
from sigma_core.console.markup import Html, div, element, span, with_code
from sigma_core.runtime.notices.service import DeliveryRow
from sigma_core.runtime.notices.tables import NoticeKind, NoticeState

SHOWN = 5
_TITLES: Mapping[NoticeKind, tuple[str, str]] = {
    NoticeKind.RUN_FAILED: ("Failed runs", "After their last attempt."),
    NoticeKind.BUDGET: ("Used-up budgets", "Once a day for each."),
    NoticeKind.REVIEW: ("Proposals for review", "Together, once an hour at most."),
    NoticeKind.DRIFT: ("Drift", "Outcomes that are no longer what they were."),
}
_TONES: Mapping[str, Tone] = {NoticeState.SENT: "ok", NoticeState.DEAD: "bad"}


def draw() -> None:
    """The card."""
    notices = session.system().runtime.notices
    channels = list(notices.channels)
    with st.container(border=True, key="sg-notifications"):
        head = card_title("Notifications")
        aside = f"by {' and '.join(channels)}" if channels else "no channel is set up"
        widgets.draw(div(head, span(aside, cls="sg-faint"), cls="sg-card-head"))
        for kind, is_on in notices.switches().items():
            _switch(kind, is_on=is_on)
        if not channels:
            widgets.note("Nobody is told: set SIGMA_SMTP_URL for mail, or SIGMA_WEBHOOK_URL.")
        _test(has_channels=bool(channels))
        if latest := notices.deliveries(SHOWN):
            head = element("tr", *(element("th", name) for name in ("When", "By", "State", "What")))
            widgets.draw(element("table", head, *map(_row, latest), cls="sg-table sg-stacked"))


def _switch(kind: NoticeKind, *, is_on: bool) -> None:
    title, help_ = _TITLES[kind]
    key, refusal = f"tell-{kind}", session.why_not()
    # Another process may have changed it
    st.session_state[key] = is_on
    st.toggle(
        title, key=key, help=refusal or help_, disabled=refusal is not None, on_change=partial(_change, kind, not is_on)
    )


def _change(kind: NoticeKind, on: bool) -> None:
    notices = session.system().runtime.notices
    incidents.attempt(
        lambda: notices.switch(kind, on=on, actor=session.actor()), f"{_TITLES[kind][0]} {'on' if on else 'off'}"
    )


def _test(*, has_channels: bool) -> None:
    notices = session.system().runtime.notices
    widgets.act(
        "Send a test",
        key="notify-test",
        icon=":material/send:",
        disabled=not has_channels,
        help="The scheduler sends it within seconds.",
        on_click=incidents.attempt,
        args=(lambda: notices.send_test(actor=session.actor()), "Test requested"),
    )


def _row(row: DeliveryRow) -> Html:
    delivery, notice = row
    when = words.moment(notice.created_at, session.now(), session.zone())
    state = f"{delivery.state}, {words.plural(delivery.attempts, 'attempt')}"
    why = div(delivery.error, cls="sg-muted") if delivery.error else None
    return element(
        "tr",
        element("td", dot(_TONES.get(delivery.state, "wait")), " ", when, cls="sg-fit"),
        element("td", delivery.channel, cls="sg-muted sg-fit"),
        element("td", state, cls="sg-muted sg-fit"),
        element("td", with_code(notice.title), why),
    )
