"""Old and new versions of changed functions on the same inputs, for changes that claim to keep the behaviour."""

from sigma_core.proposals.verification.differential.comparing import compared

__all__ = ["compared"]
