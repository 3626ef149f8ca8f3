"""Beside the feed: how fresh knowledge is, what waits in each inbox, what was given up."""

from collections.abc import Sequence
from functools import partial

import streamlit as st

from sigma_core.console import incidents, paging, session, widgets, words
from sigma_core.console.components.blocks import card_title, page_head
from sigma_core.console.components.freshness import grid
from sigma_core.console.knowledge import conflicts
from sigma_core.console.markup import Html, div, element, join, span
from sigma_core.exchange.message import DeadLetter
from sigma_core.exchange.statistics import SAMPLE, ExchangeOverview, InboxFigures
from sigma_core.jobs import WORKERS

SHOWN = 5


def head(glance: ExchangeOverview) -> Html:
    """The page's title and its answer."""
    waiting = glance.waiting
    mean = "n/a" if glance.heat.mean is None else f"{glance.heat.mean:.2f}"
    items = words.plural(sum(glance.items.values()), "item")
    rest = f" {items}, mean freshness {mean}, {words.plural(glance.dead, 'dead letter')}."
    if waiting:
        lead = f"{words.plural(waiting, 'conflict')} {'waits' if waiting == 1 else 'wait'} for a person."
        return page_head("Knowledge", element("strong", lead), rest, tone="warn")
    if glance.dead:
        lead = f"{words.plural(glance.dead, 'message')} could not be handled."
        return page_head("Knowledge", element("strong", lead), rest, tone="warn")
    return page_head("Knowledge", element("strong", "Nothing waits for you."), rest, tone="ok")


@incidents.live(5)
def draw() -> None:
    """The whole column; fresh every five seconds."""
    system = session.system()
    glance = system.exchange.console.overview(session.project_id())
    with st.container(gap="medium", key="sg-live-side"):
        widgets.draw(_freshness(glance))
        conflicts.draw(glance.waiting, glance.ruled)
        _dead(glance.dead)
        widgets.draw(_inboxes(glance.inboxes))


def _freshness(glance: ExchangeOverview) -> Html:
    names = [kind.name for kind in session.system().exchange.service.registry]
    note = "amber: older than one decay time"
    return join(
        section("Freshness", f"newest {SAMPLE} of a type · {note}" if glance.heat.sampled else note),
        grid(glance.heat.cells, names, WORKERS),
    )


def section(title: object, aside: str = "") -> Html:
    """A part's title and one quiet fact."""
    return div(card_title(title), span(aside, cls="sg-faint"), cls="sg-card-head")


def _dead(count: int) -> None:
    if not count:
        return
    system, project_id = session.system(), session.project_id()
    replay = partial(system.exchange.console.replay_all, actor=session.actor(), project_id=project_id)
    with st.container(gap=None, key="sg-dead"):
        with st.container(horizontal=True, vertical_alignment="center"):
            widgets.draw(section(join("Dead letters", span(words.count(count), cls="sg-count")), "newest first"))
            widgets.act(
                f"Replay all {words.count(count)}" if count > 1 else "Replay all",
                key="replay-all",
                type="tertiary",
                on_click=incidents.attempt,
                args=(replay, "Back in their inboxes"),
            )
        letters = st.container(gap=None)
        offset = paging.offset("dead", count, SHOWN)
        with letters:
            for letter in system.exchange.service.dead(None, SHOWN, offset, project_id):
                _letter(letter)


def _letter(letter: DeadLetter) -> None:
    with st.container(horizontal=True, vertical_alignment="center", gap="small", wrap=False):
        age = words.age((session.now() - letter.died_at).total_seconds())
        sub = f"{letter.type} to {letter.recipient} · {words.plural(letter.attempts, 'attempt')} · {age} ago"
        error = next(iter((letter.error or "").strip().splitlines()[-1:]), "no error was given")
        if widgets.list_row(f"letter-{letter.delivery_id}", error, sub):
            widgets.open_page("knowledge", item=letter.message_id)
        replay = partial(session.system().exchange.service.replay, letter.delivery_id, actor=session.actor())
        widgets.act(
            "Replay",
            key=f"replay-{letter.delivery_id}",
            help="Back into its inbox, at its old place, with all its attempts.",
            on_click=incidents.attempt,
            args=(replay, "Back in its inbox"),
        )


def _inboxes(inboxes: Sequence[InboxFigures]) -> Html:
    names = ("Worker", "Ready", "Taken", "Dead", "Oldest waits", "Accepted")
    header = element("tr", *(element("th", name, cls="sg-right" if at else "") for at, name in enumerate(names)))
    rows = (element("tr", element("td", inbox.worker), *map(_right, _figures(inbox))) for inbox in inboxes)
    return join(
        section("Inboxes", "of all projects · accepted: share of what it handed in that was valid"),
        element("table", header, *rows, cls="sg-table"),
    )


def _figures(inbox: InboxFigures) -> list[str]:
    lag = "–" if inbox.lag_s is None else words.age(inbox.lag_s)
    rate = "–" if inbox.validation_rate is None else words.percent(inbox.validation_rate)
    return [*map(words.count, (inbox.ready, inbox.taken, inbox.dead)), lag, rate]


def _right(value: str) -> Html:
    return element("td", value, cls="sg-right")
