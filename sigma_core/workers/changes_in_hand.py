"""What is proposed of a commit already: another fix must go together with it, or wait."""

from collections.abc import Sequence
from dataclasses import dataclass

from sigma_core.proposals import diff as diffs
from sigma_core.proposals.fixers.base import Fixed, Reader
from sigma_core.proposals.fixers.finishing import Finisher


@dataclass(frozen=True)
class ChangesInHand:
    """Changes of one commit that nobody has refused. `read` gives a file as it stands there."""

    changes: list[Sequence[diffs.FileChange]]
    finisher: Finisher
    read: Reader

    def add(self, fixed: Fixed) -> None:
        """One more is proposed."""
        self.changes.append(diffs.parse(fixed.diff))

    def are_in_the_way_of(self, fixed: Fixed) -> bool:
        """Whether a fix meets one of them, or would with them leave behind what none of them does by itself.

        It waits until they are merged or refused, and then takes along what nothing uses any more.
        """
        mine = diffs.parse(fixed.diff)
        if any(diffs.collide(mine, other) for other in self.changes):
            return True
        return any(self._leave_more_with(mine, each.path) for each in mine if each.kind == "modify")

    def _leave_more_with(self, mine: Sequence[diffs.FileChange], path: str) -> bool:
        beside = [other for other in self.changes if any(each.path == path for each in other)]
        return bool(beside) and self.finisher.leave_more_together(path, self.read(path), [*beside, mine])
