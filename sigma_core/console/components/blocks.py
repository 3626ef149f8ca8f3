"""The frame's blocks: page head, card, row, empty state, alert."""

from collections.abc import Iterable

from sigma_core.console.components.signs import Tone, dot
from sigma_core.console.markup import Html, div, element, join, span, with_code


def root(*children: object) -> Html:
    """What every piece of own HTML stands in: the stylesheet knows only this class."""
    return div(*children, cls="sg")


def page_head(title: str, *answer: object, tone: Tone | None = None) -> Html:
    """The title and the one sentence that answers the page's question."""
    return div(
        element("h1", with_code(title)),
        div(dot(tone) if tone else None, span(*answer), cls="sg-answer") if answer else None,
        cls="sg-head",
    )


def card_title(*parts: object) -> Html:
    """A card's title is a heading: who hears the page goes by them."""
    return element("h2", *parts, cls="sg-card-title")


def card(title: str, *children: object, aside: object = None, badge: object = None) -> Html:
    """A bordered card: title left, one quiet fact right."""
    head = div(
        card_title(title, span(badge, cls="sg-count") if badge is not None else None),
        span(aside, cls="sg-faint") if aside is not None else None,
        cls="sg-card-head",
    )
    return div(head, *children, cls="sg-card")


def scrolled(name: str, *text: object) -> Html:
    """A text that scrolls in itself where it is long: by the keyboard too."""
    return element("pre", *text, tabindex=0, role="group", aria_label=name)


def row(*cells: object, cls: str = "") -> Html:
    """A 35-px row."""
    return div(*cells, cls=f"sg-row {cls}".strip())


def facts(pairs: Iterable[tuple[str, object]]) -> Html:
    """Name and value, one pair a line."""
    return element("dl", *(join(element("dt", name), element("dd", value)) for name, value in pairs), cls="sg-facts")


def empty(title: str, why: str) -> Html:
    """What is missing, why, and what makes it appear."""
    sheet = div(*(element("i") for _ in range(4)), cls="sg-sheet")
    return div(
        div(sheet, sheet, cls="sg-figure", aria_hidden="true"),
        element("h2", title),
        element("p", why),
        cls="sg-empty",
    )


def command_line(command: str) -> Html:
    """The same on the command line."""
    return div("or on the command line: ", element("code", command), cls="sg-cli")


def alert(title: str, explanation: str, pairs: Iterable[tuple[str, object]] = (), aside: object = None) -> Html:
    """What is broken, what it means, what happens next."""
    known = list(pairs)
    return div(
        div(
            span(dot("bad"), element("strong", title), cls="sg-alert-title"),
            span(aside, cls="sg-muted") if aside is not None else None,
            cls="sg-alert-head",
        ),
        element("p", explanation) if explanation else None,
        facts(known) if known else None,
        cls="sg-alert",
        role="alert",
    )


def notice(lead: str, explanation: object, command: str | None = None, *, tone: Tone = "warn") -> Html:
    """One quiet tinted line: something to know before reading on."""
    return div(
        dot(tone),
        span(element("strong", lead), " ", explanation),
        element("code", command) if command else None,
        cls=f"sg-notice sg-{tone}",
    )
