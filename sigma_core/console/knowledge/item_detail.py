"""One item of knowledge: what it says, where it went, what was thought of it."""

from collections.abc import Iterator, Sequence

import streamlit as st

from sigma_core.console import frame, session, widgets, words
from sigma_core.console.components.blocks import card, facts, page_head
from sigma_core.console.components.freshness import bar
from sigma_core.console.components.signs import Tone, chip, when
from sigma_core.console.knowledge import conflicts
from sigma_core.console.knowledge.sentences import claimed, question, route, sentence, value
from sigma_core.console.markup import Html, div, element, join, span
from sigma_core.exchange.disputes import Dispute
from sigma_core.exchange.dossiers import Copy, Dossier, LedgerEntry
from sigma_core.exchange.items import Item
from sigma_core.text import cut

_COPY_TONES: dict[str, Tone] = {
    "ready": "wait",
    "leased": "busy",
    "waiting": "warn",
    "done": "ok",
    "dead": "bad",
    "withdrawn": "off",
}
MOST_ORIGINS, LONGEST_ORIGIN = 3, 40
_COPY_WORDS = {"ready": "waiting", "leased": "received", "waiting": "comes back", "done": "acknowledged"}


def draw(found: Dossier) -> None:
    """The whole page."""
    item = found.item
    frame.name_tab(f"Knowledge {item.id}: {sentence(item.type, item.data)}")
    widgets.crumb("item", "Knowledge", f"item {item.id}")
    widgets.head(_head(item), lambda: _buttons(found))
    waiting = [each for each in found.disputes if each.winner_id is None]
    for dispute in waiting:
        with st.container(border=True):
            conflicts.to_decide(dispute, len(waiting))
    widgets.draw(div(card("What it says", _payload(item)), card("About it", facts(_about(found))), cls="sg-pair"))
    widgets.draw(
        card("Where it went", _copies(found.copies), aside=words.plural(len(found.copies), "inbox", "inboxes"))
    )
    widgets.draw(card("Checked and judged", _judgements(found.judgements)))
    if found.disputes:
        widgets.draw(card("Contradictions", *map(_dispute, found.disputes)))
    conflicts.ask()


def _head(item: Item) -> Html:
    state = chip("Contradicted", "warn") if item.contradicted else chip("Stands", "ok")
    if item.archived_at:
        state = chip("Archived", "off")
    high = chip("High urgency", "bad") if item.urgency == "high" else None
    line = div(state, high, span(item.type, cls="sg-mono"), span(route(item)), bar(item.freshness), cls="sg-verdict")
    return join(page_head(sentence(item.type, item.data)), line)


def _buttons(found: Dossier) -> None:
    if found.item.run_id and st.button(f"Run {found.item.run_id}", key="item-run", type="tertiary"):
        widgets.open_page("runs", run=found.item.run_id)


def _payload(item: Item) -> Html:
    return facts((words.field(name), _value(found)) for name, found in item.data.items() if found is not None)


def _value(found: object) -> Html:
    if isinstance(found, dict | list):
        return element("pre", value(found), cls="sg-raw")
    return span(value(found))


def _about(found: Dossier) -> Iterator[tuple[str, object]]:
    item, now, zone = found.item, session.now(), session.zone()
    yield "Published", when(item.created_at, now, zone)
    if item.refreshed_at != item.created_at:
        yield "Last confirmed", when(item.refreshed_at, now, zone)
    yield "Evidence", "said once" if item.evidence_count == 1 else f"said {words.count(item.evidence_count)} times"
    if item.confirmed_by:
        yield "Confirmed by", ", ".join(item.confirmed_by)
    yield "Urgency", item.urgency
    yield "Project", found.project or "none"
    if found.origins:
        yield "Tells of", _named(found.origins)
    if item.archived_at:
        yield "Archived", when(item.archived_at, now, zone)


def _named(origins: Sequence[str]) -> str:
    """The first few; digests in them are cut."""
    shown = ", ".join(cut(origin, LONGEST_ORIGIN) for origin in origins[:MOST_ORIGINS])
    return shown if len(origins) <= MOST_ORIGINS else f"{shown} and {len(origins) - MOST_ORIGINS} more"


def _copies(copies: Sequence[Copy]) -> Html:
    if not copies:
        return div("It had no recipients.", cls="sg-quiet")
    return element("table", *map(_copy, copies), cls="sg-table")


def _copy(copy: Copy) -> Html:
    done = when(copy.done_at, session.now(), session.zone()) if copy.done_at else ""
    return element(
        "tr",
        element("td", copy.recipient, cls="sg-fit"),
        element("td", _state(copy), cls="sg-fit"),
        element("td", words.plural(copy.attempts, "attempt"), cls="sg-fit sg-muted"),
        element("td", copy.error or "", cls="sg-muted"),
        element("td", done, cls="sg-right sg-fit sg-muted"),
    )


def _state(copy: Copy) -> Html:
    shown = words.headed(_COPY_WORDS.get(copy.state, copy.state))
    return chip(shown, _COPY_TONES.get(copy.state, "wait"))


def _judgements(judgements: Sequence[LedgerEntry]) -> Html:
    if not judgements:
        return div("No check and no verdict is recorded.", cls="sg-quiet")
    return element("table", *map(_judgement, judgements), cls="sg-table")


def _judgement(entry: LedgerEntry) -> Html:
    said = entry.verdict.replace("_", " ") if entry.verdict else "valid" if entry.valid else "refused"
    by = "payload model" if entry.validator == "payload_model" else entry.validator
    score = "–" if entry.score is None else f"{entry.score:.2f}"
    return element(
        "tr",
        element("td", by, cls="sg-fit"),
        element("td", words.headed(said), cls="sg-fit"),
        element("td", entry.feedback, cls="sg-muted"),
        element("td", score, cls="sg-right"),
        element("td", when(entry.created_at, session.now(), session.zone()), cls="sg-right sg-muted"),
    )


def _dispute(dispute: Dispute) -> Html:
    both = " or ".join(
        f"{claimed(one, dispute.kind)} (item {one.item.id})" for one in (dispute.standing, dispute.challenger)
    )
    ruled = f"item {dispute.winner_id} stands, {dispute.strategy.replace('_', ' ')}, by {dispute.decided_by}"
    reason = f": {dispute.reason}" if dispute.reason else ""
    verdict = "open: a person has to decide" if dispute.winner_id is None else f"{ruled}{reason}"
    return div(
        div(question(dispute), cls="sg-fact-name"),
        div(words.headed(both), span(" · ", verdict, cls="sg-muted")),
        cls="sg-fact sg-dispute",
    )
