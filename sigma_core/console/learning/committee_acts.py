"""What a person does about how votes count: take a change back, freeze, release; each asks for a reason first."""

from collections.abc import Callable
from functools import partial

import streamlit as st

from sigma_core.console import incidents, session, widgets
from sigma_core.proposals.calibration.tables import CommitteeCalibration

_ASKED, _REASON = "committee.asked", "committee-reason"
_EFFECTS = {
    "Undo": "Votes count as they did before this change; what came after it is taken back as well. Learning leaves "
    "them so until it is released. Decisions that were made stay as they are.",
    "Freeze": "Votes count as they do now, whatever outcomes say, until learning is released.",
    "Release": "Learning goes on: the next outcomes may change how votes count.",
}
Asked = tuple[str, int | None]
"""The act, and the change it is about."""


def button(verb: str, change: int | None = None) -> None:
    """Opens the dialog that asks for the reason."""
    key = verb.lower() if change is None else f"{verb.lower()}-{change}"
    widgets.act(f"{verb}…", key=f"committee-{key}", on_click=_ask, args=((verb, change),))


def draw_asked() -> None:
    """The dialog that a button asked for."""
    asked: Asked | None = st.session_state.get(_ASKED)
    if asked is not None:
        verb, change = asked
        of = f"change {change}" if change is not None else "how votes count"
        st.dialog(f"{verb} {of}?", on_dismiss=_forget)(_body)(asked)


def _ask(asked: Asked) -> None:
    st.session_state[_ASKED] = asked


def _forget() -> None:
    st.session_state.pop(_ASKED, None)


def _body(asked: Asked) -> None:
    incidents.answer()
    widgets.plain("", _EFFECTS[asked[0]])
    with st.form("committee", border=False):
        st.text_area("Reason", key=_REASON, max_chars=2000)
        st.form_submit_button(asked[0], key="committee-submit", type="primary", on_click=_act, args=(asked,))


def _act(asked: Asked) -> None:
    verb, change = asked
    changelog, why = session.system().proposals.calibration, st.session_state.get(_REASON) or ""
    acts: dict[str, tuple[Callable[..., CommitteeCalibration], str]] = {
        "Undo": (partial(changelog.undo, change), "Undone"),
        "Freeze": (changelog.freeze, "Frozen"),
        "Release": (changelog.release, "Released"),
    }
    act, done = acts[verb]

    def decide() -> None:
        act(actor=session.actor(), why=why)
        _forget()

    incidents.attempt(decide, done)
