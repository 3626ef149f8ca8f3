"""Whether a change means the same by its structure alone: both syntax trees brought to one form."""

from sigma_core.proposals.verification.structure.proof import EqualForm, equal_form

__all__ = ["EqualForm", "equal_form"]
