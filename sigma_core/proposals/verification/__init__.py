"""Evidence: what a change does, measured. See `Verifier`."""

from sigma_core.proposals.verification.patch import Change
from sigma_core.proposals.verification.verifier import Verifier

__all__ = ["Change", "Verifier"]
