"""The console's one wide `except`: our errors become words, anything else a logged, numbered incident."""

import functools
import logging
import secrets
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import ParamSpec

import streamlit as st

from sigma_core.console import session, words
from sigma_core.console.components.blocks import alert, root
from sigma_core.console.markup import markdown
from sigma_core.errors import (
    BudgetExceeded,
    Conflict,
    Forbidden,
    Invalid,
    NotFound,
    Retryable,
    SigmaError,
    Unavailable,
)

log = logging.getLogger(__name__)

Arguments = ParamSpec("Arguments")

_PENDING = "incidents.pending"
_TITLES: tuple[tuple[type[SigmaError], str], ...] = (
    (NotFound, "Not found"),
    (Invalid, "This cannot be used as it is"),
    (Forbidden, "A rule refuses this"),
    (Conflict, "The state has changed"),
    (BudgetExceeded, "The budget is used up"),
    (Unavailable, "A part cannot be reached"),
    (Retryable, "This failed now and may work later"),
)


@dataclass(frozen=True)
class ShownFailure:
    """What the page shows instead of what failed."""

    title: str
    explanation: str
    facts: tuple[tuple[str, str], ...] = ()


def failure_of(error: Exception) -> ShownFailure:
    """Our errors by their own sentence; others get a number under which the log tells all."""
    if isinstance(error, Invalid):
        return ShownFailure(_title(error), "", tuple(error.fields.items()))
    if isinstance(error, SigmaError):
        return ShownFailure(_title(error), str(error))
    number = secrets.token_hex(3).upper()
    log.error("Incident %s", number, exc_info=error)
    return ShownFailure(
        "This could not be shown",
        "Something failed that should not. Nothing was changed by showing it; the other pages work.",
        (("Incident", number), ("Details", "in the log, under this number")),
    )


@contextmanager
def contained() -> Iterator[None]:
    """Draw the block's failure in its place; the rest of the page stands."""
    try:
        yield
    except Exception as error:  # noqa: BLE001 (the page's last line: nothing may reach the stock error box)
        show(failure_of(error))


def show(failure: ShownFailure, aside: str | None = None) -> None:
    """The alert block."""
    st.html(root(alert(failure.title, failure.explanation, failure.facts, aside)))


def attempt(action: Callable[[], object], done: str) -> None:
    """Run a widget's action and keep how it went, in a few words or as a failure, for the next whole drawing.

    This is the one door to acts: what a viewer asks for is refused, however the browser came to ask. Nothing is drawn
    here: what a callback draws within a fragment would replace the top of the page.
    """
    _keep_outcome(session.require_operator, action, done)


def attempt_own(action: Callable[[], object], done: str) -> None:
    """The same for what a viewer may do as well: keep how lists are looked at."""
    _keep_outcome(session.person, action, done)


def _keep_outcome(admit: Callable[[], object], action: Callable[[], object], done: str) -> None:
    try:
        admit()
        action()
    except Exception as error:  # noqa: BLE001 (callbacks run outside the page, see `contained`)
        st.session_state[_PENDING] = failure_of(error)
    else:
        st.session_state[_PENDING] = done


def report(failure: ShownFailure) -> None:
    """Keep what did not go as it was asked, for the next whole drawing."""
    st.session_state[_PENDING] = failure


def dismiss() -> None:
    """The failure is shown where it belongs: not once more above the page."""
    st.session_state.pop(_PENDING, None)


def answer() -> None:
    """Inside a dialog: a refusal is told there, what was typed stays; after success the whole page is drawn anew."""
    outcome = st.session_state.get(_PENDING)
    if isinstance(outcome, ShownFailure):
        dismiss()
        facts = "".join(f"  \n{markdown(f'{name}: {words.headed(why)}')}" for name, why in outcome.facts)
        st.error(f"**{markdown(outcome.title)}.** {markdown(outcome.explanation)}{facts}")
    elif outcome is not None:
        st.rerun()


def settle() -> None:
    """Inside a fragment: after an action, draw the whole page anew."""
    if _PENDING in st.session_state:
        st.rerun()


def show_pending() -> None:
    """How the action before this drawing went, once."""
    outcome = st.session_state.pop(_PENDING, None)
    if isinstance(outcome, ShownFailure):
        show(outcome, "what you did last")
    elif outcome is not None:
        st.toast(outcome)


def live(every_s: float | None) -> Callable[[Callable[Arguments, None]], Callable[Arguments, None]]:
    """A part of a page that draws itself anew every so many seconds (None: when it is clicked), failures contained."""

    def decorate(draw: Callable[Arguments, None]) -> Callable[Arguments, None]:
        @functools.wraps(draw)
        def drawn(*args: Arguments.args, **kwargs: Arguments.kwargs) -> None:
            settle()
            with contained():
                session.person()
                draw(*args, **kwargs)

        return st.fragment(drawn, run_every=every_s)

    return decorate


def _title(error: SigmaError) -> str:
    return next((title for kind, title in _TITLES if isinstance(error, kind)), "This did not work")
