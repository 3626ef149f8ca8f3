"""The Overview's parts: words and rows for what the read models found."""

from collections.abc import Iterator
from datetime import datetime, tzinfo

from sigma_core.console import words
from sigma_core.console.components.blocks import card_title, row
from sigma_core.console.components.kpi import Tile, square
from sigma_core.console.markup import Html, div, join, span
from sigma_core.runtime.figures import Figures, Since, Spend


def since_card(since: Since, moment: datetime, now: datetime, zone: tzinfo, *, visited: bool) -> Html:
    """What happened since the last visit, a figure a line; since `moment` where nobody can have visited before."""
    head = div(
        card_title("Since your last visit" if visited else "Since yesterday"),
        span(words.moment(moment, now, zone), cls="sg-faint"),
        cls="sg-card-head",
    )
    if since.nothing:
        return join(head, div("Nothing has changed.", cls="sg-quiet"))
    return join(head, *_since_rows(since))


def _since_rows(since: Since) -> Iterator[Html]:
    yield _happened(
        since.closed, f"{_noun(since.closed, 'issue')} closed, {since.opened} opened", f"{words.count(since.open)} open"
    )
    decided = since.approved + since.rejected
    accepted = f"{words.percent(since.approved / decided)} accepted" if decided else ""
    yield _happened(
        since.approved, f"{_noun(since.approved, 'fix', 'fixes')} approved, {since.rejected} rejected", accepted
    )
    if since.reverted:
        named = "proposal " + ", ".join(map(str, since.reverted[:3]))
        yield _happened(len(since.reverted), f"{_noun(len(since.reverted), 'fix', 'fixes')} reverted", named, "bad")
    yield _happened(since.track_records, f"{_noun(since.track_records, 'track record')} updated", "of fixes by rule")


def _happened(number: int, what: str, aside: str, tone: str = "") -> Html:
    figure = span(words.count(number), cls=f"sg-figure-cell sg-text-{tone}" if tone else "sg-figure-cell")
    return row(figure, span(what), span(aside, cls="sg-end"))


def figures(found: Figures, model: str | None) -> Html:
    """The four figures, beside what needs a person."""
    followed = found.survived + found.reverted
    survival = found.survived / followed if followed else None
    return square(
        [
            Tile(
                "Accepted fixes, 7 days",
                words.count(found.accepted),
                f"{words.signed(found.accepted - found.accepted_before)} on the week before",
                found.accepted_daily,
            ),
            Tile("Survived", words.percent(survival), f"of {followed} followed" if followed else "none followed yet"),
            Tile("Queue lag, p95", _seconds(found.lag_p95_s), _lag_note(found), found.lag_series),
            Tile("Spend, 24 h", _spent(found.spend), _spend_note(found.spend, model), found.spend.daily_nano_usd),
        ]
    )


def _lag_note(found: Figures) -> str:
    if found.lag_p95_s is None:
        return "no run in 24 h"
    if found.lag_before_p95_s is None:
        return "last 24 h"
    return f"{words.signed(found.lag_p95_s - found.lag_before_p95_s, '{:.1f}')} s on the day before"


def _spent(spend: Spend) -> str:
    return "unpriced" if spend.calls and spend.unpriced == spend.calls else words.money(spend.nano_usd)


def _spend_note(spend: Spend, model: str | None) -> str:
    calls = words.plural(spend.calls, "call")
    if spend.unpriced:
        return f"{calls}, {spend.unpriced} unpriced"
    if spend.list_nano_usd:
        return f"{calls}, {words.money(spend.list_nano_usd)} at list price"
    return calls if model else f"{calls}, offline rules"


def _seconds(value: float | None) -> str:
    return "n/a" if value is None else words.duration(value * 1000)


def _noun(number: int, one: str, many: str | None = None) -> str:
    return one if number == 1 else many or f"{one}s"
