"""The console's one wide `except`: our errors become words, anything else a logged, numbered incident."""

import logging
import secrets
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import streamlit as st

from sigma_core.console.components.blocks import alert, root
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
class Failure:
    """What the page shows instead of what failed."""

    title: str
    explanation: str
    facts: tuple[tuple[str, str], ...] = ()


def failure_of(error: Exception) -> Failure:
    """Our errors by their own sentence; others get a number under which the log tells all."""
    if isinstance(error, Invalid):
        return Failure(_title(error), "", tuple(error.fields.items()))
    if isinstance(error, SigmaError):
        return Failure(_title(error), str(error))
    number = secrets.token_hex(3).upper()
    log.error("Incident %s", number, exc_info=error)
    return Failure(
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


def show(failure: Failure) -> None:
    """The alert block."""
    st.html(root(alert(failure.title, failure.explanation, failure.facts)))


def attempt(action: Callable[[], object], done: str) -> None:
    """Run a widget's action: acknowledge it in a few words, or keep the failure for the next drawing."""
    try:
        action()
    except Exception as error:  # noqa: BLE001 (callbacks run outside the page, see `contained`)
        st.session_state[_PENDING] = failure_of(error)
    else:
        st.toast(done)


def show_pending() -> None:
    """The failure of the action before this drawing, once."""
    failure = st.session_state.pop(_PENDING, None)
    if failure is not None:
        show(failure)


def _title(error: SigmaError) -> str:
    return next((title for kind, title in _TITLES if isinstance(error, kind)), "This did not work")
