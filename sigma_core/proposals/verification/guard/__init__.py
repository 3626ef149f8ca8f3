"""What a change must not do to its own evidence: found by reading, before anything runs."""

from pathlib import Path

from sigma_core.proposals.verification.guard.base import BaseFindings, read_base, sniffing
from sigma_core.proposals.verification.guard.guarded_paths import guarded_paths, is_test
from sigma_core.proposals.verification.guard.machinery import machinery
from sigma_core.proposals.verification.guard.reachable import newly_reachable
from sigma_core.proposals.verification.guard.removals import removals
from sigma_core.proposals.verification.guard.suppressions import added_suppressions
from sigma_core.proposals.verification.guard.weakening import weakened_rules
from sigma_core.proposals.verification.patch import Patch

__all__ = ["BaseFindings", "is_forging", "read_base", "sniffing", "suppressions", "tampering"]


def tampering(patch: Patch, root: Path | None = None) -> list[str]:
    """Why a person has to look at what the change touches; one sentence each, naming file and line.

    With the tree of the base also for what the change sets going there.
    """
    own = [sentence for file in patch.files for sentence in [*guarded_paths(file), *machinery(file)]]
    return own + ([] if root is None else list(newly_reachable(patch, root)))


def is_forging(patch: Patch, root: Path) -> bool:
    """Whether code that is no test comes to what could colour its own evidence: no run of it could be believed."""
    code = (file for file in patch.files if not is_test(file.path))
    return any(any(machinery(file)) for file in code) or any(newly_reachable(patch, root))


def suppressions(patch: Patch) -> list[str]:
    """Ways in which the change may hide a finding instead of mending it; one sentence each."""
    return [
        sentence
        for file in patch.files
        for sentence in [*added_suppressions(file), *weakened_rules(file), *removals(file)]
    ]
