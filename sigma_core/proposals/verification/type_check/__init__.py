"""What the project's own type checker says of changes that are equal but for annotations and stubs."""

from sigma_core.proposals.verification.type_check.checking import TypeChecking
from sigma_core.proposals.verification.type_check.configured import configured_checker

__all__ = ["TypeChecking", "configured_checker"]
