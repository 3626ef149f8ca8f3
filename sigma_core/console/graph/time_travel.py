"""Time travel: the moments at which something changed around an entity, and the one that is looked at."""

from collections.abc import Iterable
from datetime import UTC, datetime

import streamlit as st

from sigma_core.console import session, widgets
from sigma_core.errors import Invalid
from sigma_core.graph.read_models import FactView

MOST_STOPS = 150
NOW = "now"


def asked() -> datetime | None:
    """The moment that the link names; None for now. Raises `Invalid`."""
    written = st.query_params.get("as_of")
    if not written:
        return None
    try:
        # A plus sign that was not escaped has become a space
        moment = datetime.fromisoformat(written.strip().replace(" ", "+") if "T" in written else written)
    except ValueError:
        raise Invalid({"as_of": f"{written[:40]!r} is no moment such as 2026-11-24T10:30:00Z"}) from None
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


def stops(facts: Iterable[FactView], now: datetime, chosen: datetime | None) -> list[datetime]:
    """When facts began or ended before now, oldest first, at most so many; the chosen moment is among them."""
    moments = sorted({at for fact in facts for at in (fact.valid_at, fact.invalid_at) if at is not None and at <= now})
    if len(moments) > MOST_STOPS:
        moments = [moments[place * (len(moments) - 1) // (MOST_STOPS - 1)] for place in range(MOST_STOPS)]
    return sorted({*moments, chosen}) if chosen is not None else moments


def slider(entity: str, moments: list[datetime], chosen: datetime | None) -> None:
    """Moves what the link names."""
    options = [*(moment.isoformat() for moment in moments), NOW]
    if len(options) < 2:
        return
    key = f"as-of-{entity}"
    with st.container(horizontal=True, vertical_alignment="center", wrap=False, key="sg-slider"):
        widgets.note("As of")
        st.select_slider(
            "As of",
            options,
            value=chosen.isoformat() if chosen else NOW,
            key=key,
            format_func=_said,
            on_change=_move,
            args=(key,),
            label_visibility="collapsed",
        )


def _said(option: str) -> str:
    if option == NOW:
        return NOW
    local = datetime.fromisoformat(option).astimezone(session.zone())
    year = "" if local.year == session.now().year else f" {local.year}"
    return f"{local.day} {local:%b}{year} {local:%H:%M}"


def _move(key: str) -> None:
    chosen = st.session_state.get(key, NOW)
    if chosen == NOW:
        st.query_params.pop("as_of", None)
    else:
        st.query_params["as_of"] = chosen
