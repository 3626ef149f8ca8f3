"""All that needs a person: what, why, since when, and what to do about it. Live."""

from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import NamedTuple

import streamlit as st

from sigma_core.console import incidents, paging, session, widgets, words
from sigma_core.console.components.blocks import card_title
from sigma_core.console.markup import Html, div, join, span
from sigma_core.runtime.inbox import InboxRow, Waiting
from sigma_core.text import cut

SHOWN = 6
_ALL = "All"


class _Kind(NamedTuple):
    """How a kind is called and shown, and where it is looked at."""

    title: str
    icon: str
    key: str
    page: str
    link: Callable[[InboxRow], Mapping[str, object]]


_KINDS: Mapping[Waiting, _Kind] = {
    Waiting.BUDGET: _Kind("Budgets", ":material/payments:", "budget", "cost", lambda _: {}),
    Waiting.FAILING: _Kind("Failing", ":material/error:", "fail", "runs", lambda row: {"run": row.key}),
    Waiting.TEST: _Kind("Tests", ":material/quiz:", "test", "prompts", lambda row: {"prompt": row.of}),
    Waiting.DRIFT: _Kind("Drift", ":material/trending_down:", "drift", "learning", lambda _: {"show": "Committee"}),
    Waiting.CONFLICT: _Kind(
        "Conflicts", ":material/call_split:", "conflict", "knowledge", lambda row: {"item": row.of}
    ),
    Waiting.PROPOSAL: _Kind("Proposals", ":material/rule:", "need", "proposals", lambda row: {"proposal": row.key}),
    Waiting.DEAD_LETTER: _Kind("Dead letters", ":material/mail:", "dead", "knowledge", lambda row: {"item": row.of}),
    Waiting.NOTICE: _Kind("Untold", ":material/notifications_off:", "notice", "settings", lambda _: {}),
    Waiting.MENDED: _Kind("Mended", ":material/history:", "mended", "runs", lambda row: {"run": row.key}),
}


@incidents.live(5)
def draw() -> None:
    """The card: counts, a choice of kinds where there are several, rows page by page."""
    inbox, project_id = session.system().runtime.inbox, session.project_id()
    counts = inbox.counts(project_id)
    total = sum(counts.values())
    with st.container(border=True, height="stretch", gap=None, key="sg-inbox"):
        widgets.draw(_head(total))
        if not total:
            return
        kind = _chosen(counts)
        shown = total if kind is None else counts[kind]
        place = st.container(gap=None)
        offset = paging.offset("inbox-page", shown, SHOWN)
        rows = inbox.page(counts, SHOWN, offset, project_id=project_id, kind=kind)
        with place:
            _rows(rows)


def _head(total: int) -> Html:
    badge = span(words.count(total), cls="sg-count") if total else None
    quiet = None if total else div("Nothing waits for a person.", cls="sg-quiet")
    return join(div(card_title("Needs you", badge), cls="sg-card-head"), quiet)


def _chosen(counts: Mapping[Waiting, int]) -> Waiting | None:
    """The kind that is chosen, where there are several; None for all."""
    there = {f"{_KINDS[kind].title} {words.count(number)}": kind for kind, number in counts.items() if number}
    if len(there) < 2:
        return None
    titles = {_KINDS[kind].title: label for label, kind in there.items()}
    title = st.pills(
        "Kind",
        [_ALL, *titles],
        default=_ALL,
        required=True,
        key="inbox",
        format_func=lambda title: titles.get(title, title),
        label_visibility="collapsed",
    )
    return there.get(titles.get(title or _ALL, ""))


def _rows(rows: Sequence[InboxRow]) -> None:
    for row in rows:
        kind = _KINDS[row.kind]
        with st.container(horizontal=True, vertical_alignment="center", wrap=False, gap="small"):
            if widgets.list_row(f"{kind.key}-{row.key}", row.title, _sub(row), icon=kind.icon):
                widgets.open_page(kind.page, **kind.link(row))
            _act(row)


def _sub(row: InboxRow) -> str:
    named = {
        Waiting.PROPOSAL: f"Proposal {row.key}",
        Waiting.FAILING: f"Run {row.key}",
        Waiting.MENDED: f"Run {row.key}",
    }
    age = words.age((session.now() - row.since).total_seconds()) if row.since else ""
    return " · ".join(part for part in (named.get(row.kind, ""), age, cut(row.reason, 120)) if part)


def _act(row: InboxRow) -> None:
    """What can be done at once, beside opening it."""
    system, actor = session.system(), session.actor()
    acts: Mapping[Waiting, tuple[str, Callable[[], object], str]] = {
        Waiting.FAILING: ("Run again", partial(system.runtime.runs.again, row.key, actor), "Run requested"),
        Waiting.DEAD_LETTER: (
            "Replay",
            partial(system.exchange.service.replay, row.key, actor=actor),
            "Delivery comes back",
        ),
        Waiting.NOTICE: (
            "Try again",
            partial(system.runtime.notices.retry, row.key, actor=actor),
            "It is sent again",
        ),
    }
    if row.kind in acts:
        label, act, done = acts[row.kind]
        key = f"act-{_KINDS[row.kind].key}-{row.key}"
        widgets.act(label, key=key, type="tertiary", on_click=incidents.attempt, args=(act, done))
