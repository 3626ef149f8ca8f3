"""What a change must not do to its own evidence: found by reading, before anything runs."""

from sigma_core.proposals.verification.guard.machinery import machinery
from sigma_core.proposals.verification.guard.places import guarded_places
from sigma_core.proposals.verification.guard.removals import removals
from sigma_core.proposals.verification.guard.suppressions import added_suppressions
from sigma_core.proposals.verification.guard.weakening import weakened_rules
from sigma_core.proposals.verification.patch import Patch

__all__ = ["suppressions", "tampering"]


def tampering(patch: Patch) -> list[str]:
    """Why a person has to look at what the change touches; one sentence each, naming file and line."""
    return [sentence for file in patch.files for sentence in [*guarded_places(file), *machinery(file)]]


def suppressions(patch: Patch) -> list[str]:
    """Ways in which the change may hide a finding instead of mending it; one sentence each."""
    return [
        sentence
        for file in patch.files
        for sentence in [*added_suppressions(file), *weakened_rules(file), *removals(file)]
    ]
