"""How votes count on one proposal: the changelog's weights, times what experiments set, or try on that proposal."""

from dataclasses import dataclass, replace

from sigma_core.experiments.tunable_catalog import COMMITTEE_WEIGHTS
from sigma_core.experiments.tunables import TunedValues
from sigma_core.proposals.calibration.changelog import CommitteeChangelog
from sigma_core.proposals.calibration.state import Calibration
from sigma_core.proposals.tables import Proposal


@dataclass(frozen=True)
class TriedWeights:
    """Reads both anew for each proposal; one that is verified again keeps the arm that it drew."""

    changelog: CommitteeChangelog
    values: TunedValues

    def __call__(self, proposal: Proposal) -> Calibration:
        """Call it outside of any transaction: an arm that is drawn is recorded."""
        now = self.changelog.current()
        values = {
            member: self.values.value(tunable, proposal.project_id, proposal.id or 0)
            for member, tunable in COMMITTEE_WEIGHTS.items()
        }
        multiples = {member: value for member, value in values.items() if value != 1}
        if not multiples:
            return now
        weights = {member: weight * values[member] for member, weight in now.weights.items()}
        total = sum(weights.values())
        shares = {member: round(weight / total, 6) for member, weight in weights.items()}
        return replace(now, weights=shares, multiples=multiples)
