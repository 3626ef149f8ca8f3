"""What a committee's score came to, by which weights and why they are so: the same for command, API and console."""

from typing import Any

from sigma_core.proposals.calibration.tables import CommitteeCalibration
from sigma_core.runtime.views import ProposalCase


def committee_account(case: ProposalCase) -> dict[str, Any] | None:
    """What the score came to, by which weights and why they are so; None before the committee has decided."""
    if case.committee is None:
        return None
    rules, row = case.committee.rules, case.calibration
    return {
        "score": case.committee.score,
        "weighted": rules.get("weighted", case.committee.score),
        "weights": rules.get("weights"),
        "shares": rules.get("shares"),
        "recalibration": rules.get("recalibration"),
        "change": row.model_dump(mode="json", exclude={"scores"}) if row else None,
    }


def why_weights(row: CommitteeCalibration | None) -> str:
    """Why members weigh what they weigh, in one sentence."""
    if row is None:
        return "Weights are as configured: no outcome has changed them."
    return f"Weights by change {row.id} of the committee, {row.kind} by {row.actor}: {row.why}"
