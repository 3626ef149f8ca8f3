"""What mending an issue is worth, and what that rests on."""

from collections.abc import Iterator

from sigma_core.console import session, words
from sigma_core.console.components.blocks import card, facts
from sigma_core.console.markup import Html, div
from sigma_core.issues.expectation_words import basis
from sigma_core.issues.tables import Issue, RuleExpectation
from sigma_core.issues.triage import UNKNOWN_VALUE, expected_value, priority_of


def expected_card(issue: Issue) -> Html:
    """The number that issues are ordered by, its factors, and why each is what it is."""
    known = session.system().issues.service.expected([issue]).get(issue.id or 0)
    return card(
        "Worth mending",
        facts(_factors(issue, known)) if known else _unknown(issue),
        aside=f"{expected_value(issue, known):.2f}",
    )


def _unknown(issue: Issue) -> Html:
    said = (
        f"Nothing is known yet of {issue.rule} here: it counts as {UNKNOWN_VALUE}, times how much it matters, "
        f"{priority_of(issue.severity, issue.priority):.2f}. The learning worker works it out from the project's past."
    )
    return div(said, cls="sg-quiet")


def _factors(issue: Issue, known: RuleExpectation) -> Iterator[tuple[str, object]]:
    of = "as judged" if issue.priority is not None else f"by its severity, {issue.severity}"
    yield "How much it matters", f"{priority_of(issue.severity, issue.priority):.2f}, {of}"
    yield (
        "Likely to be wanted",
        f"{words.percent(known.wanted)}, between {words.percent(known.low)} and {words.percent(known.high)} (90 %)",
    )
    yield "Because", basis(known)
    yield "Likely to be proved", words.percent(known.verifies)
    yield "Time to fix", f"about {words.duration(known.seconds * 1000)}{_price(known)}"
    yield "Worth of its rule", f"{known.value:.2f}: wanted × proved, per cost"
    if known.sources:
        yield "Most like here", ", ".join(f"{each['project']} {each['resemblance']:.2f}" for each in known.sources[:3])


def _price(known: RuleExpectation) -> str:
    return f" and {words.money(known.nano_usd)}" if known.nano_usd else ""
