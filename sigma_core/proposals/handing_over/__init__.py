"""Verification by other processes than the one that waits for it."""

from importlib.util import find_spec

from sigma_core.errors import Invalid
from sigma_core.settings import Settings


def refuse_unfit(settings: Settings) -> None:
    """Raises `Invalid` where verification is to be handed over, and cannot be on these settings."""
    if settings.verification == "here":
        return
    if settings.database_location.startswith("sqlite"):
        raise Invalid({"SIGMA_VERIFICATION": "needs PostgreSQL (SIGMA_DATABASE_URL)"})
    if find_spec("procrastinate") is None:
        raise Invalid({"SIGMA_VERIFICATION": "needs more packages: pip install 'sigma-agents[procrastinate]'"})
