"""Which patches run together, and which of them broke a run. Pure: running is handed in."""

from collections.abc import Callable, Sequence

from sigma_core.proposals.verification.patch import Patch
from sigma_core.proposals.verification.patched_tree import compatible

Fails = Callable[[Sequence[Patch]], bool]
"""Whether the tests that failed fail again with just these patches."""


def grouped(patches: Sequence[Patch], *, alone: Callable[[Patch], bool]) -> list[list[Patch]]:
    """As few groups as come easily: in each, no patch touches the lines of another. Some have to be alone."""
    groups: list[list[Patch]] = []
    singles: list[list[Patch]] = []
    for patch in patches:
        if alone(patch):
            singles.append([patch])
            continue
        fitting = (group for group in groups if all(compatible(patch, other) for other in group))
        group = next(fitting, None)
        if group is None:
            groups.append([patch])
        else:
            group.append(patch)
    return groups + singles


def culprits(patches: Sequence[Patch], suspects: Sequence[Patch], fails: Fails) -> list[Patch]:
    """The patches because of which tests fail, by halving; suspects are tried first.

    All of them where the failure needs several together.
    """
    if suspects and len(suspects) < len(patches) and fails(suspects):
        return _halved(suspects, fails)
    return _halved(patches, fails) if fails(patches) else list(patches)


def _halved(failing: Sequence[Patch], fails: Fails) -> list[Patch]:
    if len(failing) == 1:
        return list(failing)
    middle = len(failing) // 2
    halves = failing[:middle], failing[middle:]
    bad = [half for half in halves if fails(half)]
    return [patch for half in bad for patch in _halved(half, fails)] if bad else list(failing)
