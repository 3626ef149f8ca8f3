"""A few lines of a file, those in question marked."""

from collections.abc import Container, Sequence

from sigma_core.console.markup import Html, div, element, span


def code_lines(lines: Sequence[str], first: int, marked: Container[int]) -> Html:
    """The lines with their numbers, from `first` on; `marked` are the numbers of those in question."""
    return div(*(_line(text, number, number in marked) for number, text in enumerate(lines, first)), cls="sg-code")


def _line(text: str, number: int, is_marked: bool) -> Html:
    return div(
        span(number, cls="sg-ln"),
        span("▸" if is_marked else "", cls="sg-mark"),
        element("code", text),
        cls="sg-line sg-marked" if is_marked else "sg-line",
    )
