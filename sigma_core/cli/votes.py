"""A committee's votes in words: scores, weights and why they are so, risks."""

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from sigma_core.proposals.turns import who_was_asked
from sigma_core.runtime.committee_account import why_weights

if TYPE_CHECKING:
    from sigma_core.proposals.tables import CommitteeScore
    from sigma_core.runtime.views import ProposalCase

RISKS_SHOWN = 3


def vote_lines(case: "ProposalCase") -> Iterator[str]:
    """Of a proposal's newest evidence, and what its score came to."""
    decision, rules = case.committee, case.committee.rules if case.committee else {}
    if decision is not None and decision.score is not None:
        plain, limit = rules.get("weighted", decision.score), rules.get("thresholds", {}).get("approve_at")
        meant = (
            ""
            if plain == decision.score
            else f", which by {rules['recalibration']['n']} outcomes has stood for {decision.score:.2f}"
        )
        yield f"  committee        {plain:.2f}{meant}; approved from {limit}"
    for vote in case.votes:
        yield from _vote(vote, rules)
    if asked := who_was_asked(rules):
        yield f"  {asked}"
    if case.votes:
        yield f"  {why_weights(case)}"


def _vote(vote: "CommitteeScore", rules: dict[str, Any]) -> Iterator[str]:
    name = f"  {vote.member:<15}"
    if vote.score is None:
        yield f"{name}  absent: {vote.absent}"
        return
    configured = rules.get("weights", {}).get(vote.member)
    spread = (
        "" if configured is None or abs(configured - vote.weight) < 0.0005 else f" ({configured:.0%} with all present)"
    )
    yield f"{name}  {vote.score:.2f}  weight {vote.weight:.0%}{spread}"
    if vote.opinion:
        model, said = vote.opinion.get("model", ""), vote.opinion.get("said", {})
        rule = "nothing was measured" if vote.by_rule is None else f"by rule {vote.by_rule:.2f}"
        yield f"    {rule}; {model} said {said.get('score')}, asked by {vote.prompt_version}"
    if vote.veto:
        yield f"    veto: {vote.veto}"
    yield from (f"    risk: {risk}" for risk in vote.risks[:RISKS_SHOWN])
    if len(vote.risks) > RISKS_SHOWN:
        yield f"    and {len(vote.risks) - RISKS_SHOWN} more risks"
