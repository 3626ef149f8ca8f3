"""Drifts in words."""

from sigma_core.learning.drift.tables import DriftEvent


def drift_name(event: DriftEvent) -> str:
    """What a drift is of, as knowledge names it."""
    if event.subject == "member":
        return f"error of the {event.name}"
    return f"acceptance of {'the family ' if event.subject == 'family' else ''}{event.name}"


def drift_sentence(event: DriftEvent, project: str | None) -> str:
    """What changed, and since when outcomes count."""
    where = f" in {project}" if project else ""
    return (
        f"{drift_name(event)}{where} went from {event.before:.0%} (n = {event.before_n}) to {event.after:.0%} "
        f"(n = {event.after_n}); what ended before {event.forgets_before:%Y-%m-%d %H:%M} UTC counts no more."
    )
