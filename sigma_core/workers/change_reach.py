"""How far a proposal reaches in the code, by the facts of the newest commit that was read."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from sigma_core.graph.vocabulary import TEST
from sigma_core.proposals import diff as diffs
from sigma_core.proposals.committee import ChangeReach
from sigma_core.proposals.tables import Proposal

if TYPE_CHECKING:
    from sigma_core.strategies.blast_radius import BlastRadius

MOST_NAMED = 20
Changed = Callable[[int, str, Mapping[str, Sequence[int]]], Sequence[str]]
"""In a project, at a commit: full names of what holds these lines, by path."""


@dataclass(frozen=True)
class ReachOfChanges:
    """Think's view of a change: what depends on it, and how much of that no test reaches."""

    changed: Changed
    radius: Callable[[int, Sequence[str]], "BlastRadius | None"]

    def __call__(self, proposal: Proposal) -> ChangeReach | None:
        """None where nothing that it changes is known as code."""
        names = self.changed(proposal.project_id, proposal.base_commit, changed_lines(proposal.diff))
        radius = self.radius(proposal.project_id, names) if names else None
        if radius is None:
            return None
        return ChangeReach(
            changed=list(names[:MOST_NAMED]),
            dependents=len(radius.dependents),
            untested=len(radius.untested),
            tests=len(radius.of(TEST)),
            risk=round(radius.risk, 4),
        )


def changed_lines(diff: str) -> dict[str, list[int]]:
    """Lines of the base that a diff changes, by path, counted from 1; of what is put in, the line before it."""
    return {
        file.old_path: sorted({line for edit in file.edits() for line in _lines(edit)})
        for file in diffs.parse(diff)
        if file.hunks
    }


def _lines(edit: diffs.LineEdit) -> Sequence[int]:
    return range(edit.start + 1, edit.end + 1) if edit.end > edit.start else (max(1, edit.start),)
