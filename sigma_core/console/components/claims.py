"""The two sides of a conflict, with what speaks for each."""

from datetime import datetime

from sigma_core.console import words
from sigma_core.console.markup import Html, div, span
from sigma_core.exchange.disputes import ConflictSide


def sides(
    standing: tuple[ConflictSide, str], challenger: tuple[ConflictSide, str], suggested_id: int, now: datetime
) -> Html:
    """Both claims side by side, each with what it says; the heavier one framed."""
    both = (_side(claim, said, now, suggested=claim.item.id == suggested_id) for claim, said in (standing, challenger))
    return div(*both, cls="sg-pair sg-claims")


def _side(claim: ConflictSide, said: str, now: datetime, *, suggested: bool) -> Html:
    item = claim.item
    age = words.age((now - item.refreshed_at).total_seconds())
    mark = span(" · ", span("suggested", cls="sg-text-busy")) if suggested else None
    return div(
        div(words.headed(said), cls="sg-strong"),
        div(span(f"{item.source}, {age} ago"), mark, cls="sg-muted sg-small"),
        _figure("Freshness", f"{item.freshness:.2f}"),
        _figure("Evidence", words.count(item.evidence_count)),
        _figure("Weight", f"{claim.weight:.2f}", "sg-strong"),
        cls="sg-claim sg-suggested" if suggested else "sg-claim",
    )


def _figure(name: str, value: str, cls: str = "") -> Html:
    return div(span(name, cls="sg-muted"), span(value, cls=cls), cls="sg-claim-figure")
