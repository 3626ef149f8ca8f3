"""The graph as a whole: how much it holds, how far it is behind, what to do when it is away or empty."""

import streamlit as st

from sigma_core.console import session, widgets, words
from sigma_core.console.components.blocks import alert, command_line, page_head
from sigma_core.console.components.signs import Tone
from sigma_core.console.markup import Html, element
from sigma_core.errors import Unavailable
from sigma_core.graph.adapter import Stats
from sigma_core.graph.browsing import NotYet
from sigma_core.graph.updater import UpdaterFigures

LATE_S = 60.0
RETRY_S = 3.0


def head(held: Stats, updates: UpdaterFigures) -> Html:
    """What it holds, and whether it is up to date."""
    lead = f"{words.plural(held.entities, 'entity', 'entities')}, {words.plural(held.edges, 'fact')}"
    ended = f", {words.count(held.ended)} of them with an end," if held.ended else ""
    rest = f"{ended} from {words.plural(held.episodes, 'episode')}. {_behind(updates)}"
    return page_head("Graph", element("strong", lead), rest, tone=_tone(updates))


def is_empty(updates: UpdaterFigures) -> bool:
    """Whether the database knows that nothing was ever written: the server need not be asked."""
    return updates.last_written_at is None and not updates.failures


def teach(updates: UpdaterFigures) -> None:
    """Nothing is in it yet."""
    waiting = updates.pending + updates.leased
    soon = f" {words.plural(waiting, 'change')} to write now." if waiting else ""
    widgets.empty_state(
        "The graph is empty",
        "What workers tell each other becomes entities and facts here, seconds after they said it; the first cycle "
        f"makes the first ones. Facts of your own can be imported, one a line.{soon}",
        "sigma graph import FILE.jsonl",
    )


def away(error: Unavailable, updates: UpdaterFigures) -> None:
    """What that means; as soon as it answers the page is drawn anew."""
    if isinstance(error, NotYet):
        lead = element("strong", "Waiting for the graph.")
        widgets.draw(page_head("Graph", lead, " It starts when it is needed first, and reads its file.", tone="wait"))
    else:
        lead = element("strong", "The graph cannot be read.")
        widgets.draw(page_head("Graph", lead, " Nothing is lost.", tone="bad"))
        widgets.draw(_alert(str(error), updates))
        widgets.draw(command_line("sigma doctor"))
    _again()


@st.fragment(run_every=RETRY_S)
def _again() -> None:
    widgets.note(f"Asked again every {RETRY_S:g} s.")
    # Its first drawing follows the attempt that failed
    if st.session_state.pop("graph.asked", False) and _answers():
        st.rerun()
    st.session_state["graph.asked"] = True


def _answers() -> bool:
    try:
        session.system().graph.browser.stats()
    except Unavailable:
        return False
    return True


def _alert(why: str, updates: UpdaterFigures) -> Html:
    waiting = updates.pending + updates.leased
    lag = f", the oldest for {words.age(updates.lag_s)}" if updates.lag_s else ""
    return alert(
        "The graph is away",
        "Knowledge, cycles and recall go on from the database; what is new is written here when the graph is back.",
        [("Answer", why), ("Waiting", f"{words.plural(waiting, 'change')}{lag}")],
    )


def _behind(updates: UpdaterFigures) -> str:
    waiting = updates.pending + updates.leased
    refused = f" {words.plural(updates.set_aside, 'change')} refused." if updates.set_aside else ""
    if not waiting:
        return f"Up to date.{refused}"
    return f"{words.plural(waiting, 'change')} waiting, the oldest for {words.age(updates.lag_s or 0)}.{refused}"


def _tone(updates: UpdaterFigures) -> Tone:
    return "warn" if updates.failures or updates.set_aside or (updates.lag_s or 0) >= LATE_S else "ok"
