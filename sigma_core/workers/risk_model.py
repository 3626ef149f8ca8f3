"""Think's risk model: what was told of a kind of change stands beside its precedents when it is judged."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace

from sigma_core.exchange.items import ValuedItem
from sigma_core.learning.posterior import pattern_name
from sigma_core.proposals.committee import ChangeReach, KnownRisk, Precedents
from sigma_core.proposals.tables import Proposal
from sigma_core.workers.received_knowledge import ReceivedKnowledge

Related = Callable[[int, str], Mapping[str, int]]
"""In a project, the patterns that the graph relates to a rule, each with its hops."""
Reach = Callable[[Proposal], ChangeReach | None]
"""How far a proposal reaches in the code; None where nothing of what it changes is known."""


@dataclass(frozen=True)
class RiskModel:
    """Precedents with how far a proposal reaches and the known risks of its rule, of this fixer's fixes of it, and of
    what the graph relates to the rule: each hop halves the confidence of these."""

    received: ReceivedKnowledge
    precedents: Callable[[Proposal], Precedents]
    related: Related = lambda _project_id, _rule: {}
    reach: Reach = lambda _proposal: None

    def __call__(self, proposal: Proposal) -> Precedents:
        """Looked up when a proposal is judged: an urgent warning that comes while its tests run still counts."""
        known = replace(self.precedents(proposal), reach=self.reach(proposal))
        if proposal.rule is None:
            return known
        return replace(known, risks=tuple(self._risks(proposal, proposal.rule)))

    def _risks(self, proposal: Proposal, rule: str) -> Iterator[KnownRisk]:
        risks = self.received.about("risk_pattern")
        near = dict.fromkeys((rule, pattern_name(proposal.fixer, rule)), 0)
        for name, hops in {**self.related(proposal.project_id, rule), **near}.items():
            yield from (_risk(item, hops) for item in risks.get(name, ()))


def _risk(item: ValuedItem, hops: int) -> KnownRisk:
    risk = KnownRisk(
        id=item.id,
        source=item.source,
        pattern=item.data["pattern"],
        severity=item.data["severity"],
        confidence=item.data["confidence"] * 0.5**hops,
        freshness=item.freshness,
        trust=item.trust,
    )
    if hops:
        risk["hops"] = hops
    return risk
