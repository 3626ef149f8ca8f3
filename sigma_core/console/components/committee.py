"""The committee card: five votes against the threshold, weights that add up, dissent quoted."""

from collections.abc import Iterator, Sequence

from sigma_core.console import words
from sigma_core.console.components.blocks import card
from sigma_core.console.components.signs import Mark, tick
from sigma_core.console.markup import Html, div, element, span
from sigma_core.proposals.tables import CommitteeScore, Decision
from sigma_core.proposals.turns import who_was_asked


def committee_card(
    votes: Sequence[CommitteeScore], decision: Decision | None, approve_at: float, why_weights: str = ""
) -> Html:
    """The weighted score and each member's vote; `approve_at` is the threshold that was in force, 0–1, `why_weights`
    says where the weights come from."""
    asked = who_was_asked(decision.rules) if decision else ""
    head = div(
        span("Member"),
        span(),
        span("Score", cls="sg-right"),
        span("Weight", cls="sg-right"),
        cls="sg-vote sg-vote-head",
    )
    return card(
        "Committee",
        _total(decision),
        head,
        *(_vote(vote, approve_at) for vote in votes),
        *_voices(votes, approve_at),
        *(div(said, cls="sg-quiet") for said in (asked, why_weights) if said),
        aside=f"approve at {approve_at:.2f}",
    )


def _total(decision: Decision | None) -> Html | None:
    if decision is None or decision.score is None:
        return None
    confidence = f", confidence {decision.confidence:.2f}" if decision.confidence is not None else ""
    return div(
        span(f"{decision.score:.2f}", cls="sg-score"),
        span(f"{_meaning(decision)}{confidence}", cls="sg-muted"),
        cls="sg-total",
    )


def _meaning(decision: Decision) -> str:
    plain = decision.rules.get("weighted", decision.score)
    if plain == decision.score:
        return "weighted score"
    return f"is what a weighted score of {plain:.2f} has stood for, by {decision.rules['recalibration']['n']} outcomes"


def _vote(vote: CommitteeScore, approve_at: float) -> Html:
    name = span(words.headed(vote.member))
    if vote.score is None:
        return div(
            name, span("absent, weight spread", cls="sg-absent"), span(), span(), cls="sg-vote", title=vote.absent
        )
    below = " sg-below" if vote.score < approve_at or vote.veto else ""
    return div(
        name,
        div(
            element("i", cls=f"sg-vote-bar{below}", style=f"width:{vote.score * 100:.0f}%"),
            element("b", cls="sg-threshold", style=f"left:{approve_at * 100:.0f}%"),
            cls="sg-vote-track",
            role="img",
            aria_label=f"{vote.score:.2f}, {'below' if below else 'at or above'} the threshold {approve_at:.2f}",
        ),
        span(f"{vote.score:.2f}", cls="sg-number sg-strong sg-right"),
        span(words.percent(vote.weight), cls="sg-muted sg-right"),
        cls="sg-vote",
    )


def _voices(votes: Sequence[CommitteeScore], approve_at: float) -> Iterator[Html]:
    for vote in votes:
        name = words.headed(vote.member)
        if vote.veto:
            yield _voice("bad", f"{name} vetoes: “{vote.veto}”")
        elif vote.absent:
            yield _voice("none", f"{name} is absent: {vote.absent}")
        elif odd := vote.facts.get("differs_for_odd_argument"):
            yield _voice("warn", f"{name}: differs for an argument of an unusual kind, {odd}")
        elif vote.score is not None and vote.score < approve_at and vote.risks:
            yield _voice("warn", f"{name}: “{vote.risks[0]}”")


def _voice(mark: Mark, sentence: str) -> Html:
    return div(tick(mark), span(sentence, cls="sg-muted"), cls="sg-voice")
