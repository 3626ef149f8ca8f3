"""What a committee's score came to, by which weights and why they are so: the same for command, API and console."""

from typing import Any

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
        "multiples": rules.get("multiples", {}),
        "asked": rules.get("asked"),
        "recalibration": rules.get("recalibration"),
        "change": row.model_dump(mode="json", exclude={"scores"}) if row else None,
    }


def why_weights(case: ProposalCase) -> str:
    """Why members weigh what they weigh."""
    row, multiples = case.calibration, case.committee.rules.get("multiples", {}) if case.committee else {}
    said = (
        f"Weights by change {row.id} of the committee, {row.kind} by {row.actor}: {row.why}"
        if row is not None
        else "Weights are as configured: no outcome has changed them."
    )
    tried = ", ".join(f"{member} × {multiple:g}" for member, multiple in multiples.items())
    return f"{said} For this proposal experiments count {tried}." if tried else said
