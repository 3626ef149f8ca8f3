"""Think's risk model: what was told of a kind of change stands beside its precedents when it is judged."""

from collections.abc import Callable
from dataclasses import dataclass, replace

from sigma_core.exchange.standing import Standing
from sigma_core.learning.posterior import pattern_name
from sigma_core.proposals.committee import KnownRisk, Precedents
from sigma_core.proposals.tables import Proposal
from sigma_core.workers.heard import Heard


@dataclass(frozen=True)
class RiskModel:
    """Precedents with the known risks of a proposal's rule, or of this fixer's fixes of it."""

    heard: Heard
    precedents: Callable[[Proposal], Precedents]

    def __call__(self, proposal: Proposal) -> Precedents:
        """Looked up when a proposal is judged: an urgent warning that comes while its tests run still counts."""
        known = self.precedents(proposal)
        if proposal.rule is None:
            return known
        heard = self.heard.about("risk_pattern")
        names = (proposal.rule, pattern_name(proposal.fixer, proposal.rule))
        return replace(known, risks=tuple(_risk(item) for name in names for item in heard.get(name, ())))


def _risk(item: Standing) -> KnownRisk:
    return KnownRisk(
        id=item.id, source=item.source, pattern=item.data["pattern"], severity=item.data["severity"],
        confidence=item.data["confidence"], freshness=item.freshness, trust=item.trust,
    )  # fmt: skip
