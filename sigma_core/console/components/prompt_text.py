"""A prompt's texts with their variables marked, its labels, its tests as a table."""

import re
from collections.abc import Iterable, Iterator, Mapping

from sigma_core.console import words
from sigma_core.console.components.blocks import scrolled
from sigma_core.console.components.signs import Mark, tick
from sigma_core.console.markup import Html, div, element, join, span

_MARKED = re.compile(r"(\{\{>?\s*[a-z0-9_/-]+\s*\}\})")
PRODUCTION, CANDIDATE = "production", "candidate"


def prompt_text(name: str, text: str, known: Iterable[str], aside: object = None) -> Html:
    """One text; a variable that is not among the known ones stands out as wrong."""
    wanted = set(known)
    head = div(element("b", name), span(aside, cls="sg-muted sg-sans") if aside else None, cls="sg-diff-head")
    body = scrolled(name, *_pieces(text, wanted)) if text else div("Empty.", cls="sg-quiet")
    return div(head, body, cls="sg-prompt")


def plain_text(name: str, text: str, aside: object = None) -> Html:
    """A text as it is sent: nothing in it is marked."""
    head = div(element("b", name), span(aside, cls="sg-muted sg-sans") if aside else None, cls="sg-diff-head")
    return div(head, scrolled(name, text), cls="sg-prompt")


def label_chips(labels: Mapping[str, int], share: float | None = None, candidate: int | None = None) -> Html:
    """Production first, then the canary's candidate with its share, then the others; always in this order."""
    chips = [_chip(PRODUCTION, labels[PRODUCTION], "")] if PRODUCTION in labels else []
    if candidate is not None and share is not None:
        chips.append(_chip(CANDIDATE, candidate, f" · {words.percent(share)}"))
    chips += [_chip(name, number, "") for name, number in labels.items() if name != PRODUCTION]
    return div(*chips, cls="sg-labels") if chips else div("no label points to it", cls="sg-muted")


def test_row(mark: Mark, name: str, checks: str, passed: str, latency: str, note: str) -> Html:
    """A test and its last result; what is wrong on a second line."""
    first = div(
        tick(mark),
        span(name),
        span(checks, cls="sg-muted"),
        span(passed, cls="sg-right"),
        span(latency, cls="sg-right sg-muted"),
        cls="sg-test",
    )
    return join(first, div(note, cls="sg-test-note") if note else None)


def test_head() -> Html:
    """Names of the columns."""
    return div(
        span(),
        span("Test"),
        span("Checks"),
        span("Passed, 95\u202f%", cls="sg-right"),
        span("p95", cls="sg-right"),
        cls="sg-test sg-test-head",
    )


def _chip(name: str, number: int, more: str) -> Html:
    kind = name if name in {PRODUCTION, CANDIDATE} else "other"
    return span(f"{name} v{number}{more}", cls=f"sg-label sg-label-{kind}")


def _pieces(text: str, known: set[str]) -> Iterator[Html]:
    for number, piece in enumerate(_MARKED.split(text)):
        if number % 2 == 0:
            yield span(piece)
        else:
            name = piece.strip("{}> \t\n")
            yield span(piece, cls="sg-var" if name in known or "/" in name else "sg-var sg-var-wrong")
