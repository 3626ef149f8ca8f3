"""How votes count at one moment."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any, Self

from sigma_core.proposals.calibration.recalibration import IDENTITY, Recalibration
from sigma_core.proposals.calibration.tables import CommitteeCalibration
from sigma_core.proposals.committee import DEFAULT_WEIGHTS, Shares


@dataclass(frozen=True)
class Calibration:
    """Weights of members, a model's part in their votes, and what scores have stood for; from which row."""

    weights: Mapping[str, float] = field(default_factory=lambda: DEFAULT_WEIGHTS)
    shares: Shares = field(default_factory=lambda: MappingProxyType({}))
    recalibration: Recalibration = IDENTITY
    row_id: int | None = None
    multiples: Mapping[str, float] = field(default_factory=lambda: MappingProxyType({}))
    """By which experiments let weights of the row count more or less: what they set, or try on one proposal."""

    @classmethod
    def of(cls, row: CommitteeCalibration | None) -> Self:
        """What a row of the changelog puts in force; without one what was configured."""
        if row is None:
            return cls()
        return cls(row.weights, row.shares, Recalibration.read(row.recalibration), row.id)

    def rules(self) -> dict[str, Any]:
        """As a decision keeps it beside its thresholds."""
        return {
            "weights": dict(self.weights),
            "shares": {member: dict(each) for member, each in self.shares.items()},
            "recalibration": self.recalibration.stored(),
            "calibration_id": self.row_id,
            "multiples": dict(self.multiples),
        }
