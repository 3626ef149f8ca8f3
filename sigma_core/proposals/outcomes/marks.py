"""What a proposed change does to each of its files, for it to be recognised in other versions of them."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from sigma_core.errors import SigmaError
from sigma_core.projects.git import Clone
from sigma_core.proposals.outcomes.content import ContentMark, Standing, exact_lines, mark_of
from sigma_core.proposals.tables import Proposal
from sigma_core.proposals.verification.patch import Change, ChangedFile, read_patch


@dataclass(frozen=True)
class FileMark:
    """One file of a change; `mark` is None where nothing of it can be recognised."""

    path: str
    mark: ContentMark | None
    file: ChangedFile

    def lines_changed_as_in(self, before: str, after: str) -> bool | None:
        """Whether another change of the file changes the same lines: all it does (True), among others (None), or no."""
        mine, other = _delta(self.file.before or "", self.file.after or ""), _delta(before, after)
        if mine == other:
            return True
        return None if all(each <= more for each, more in zip(mine, other, strict=True)) else False


def file_marks(clone: Clone, proposal: Proposal) -> Sequence[FileMark] | None:
    """Of each file, in the proposal's order; None where its base is gone, or nothing of it can be recognised."""
    try:
        patch = read_patch(clone, Change.of(proposal))
    except SigmaError:
        return None
    marks = [
        FileMark(each.path, mark_of(each.before, each.after, is_python=each.is_python), each) for each in patch.files
    ]
    return marks if any(each.mark for each in marks) else None


def together(standings: Sequence[Standing]) -> Standing:
    """Of a change of several files."""
    if Standing.UNREADABLE in standings:
        return Standing.UNREADABLE
    return standings[0] if len(set(standings)) == 1 else Standing.OTHERWISE


def _delta(before: str, after: str) -> tuple["Counter[tuple[str, str]]", "Counter[tuple[str, str]]"]:
    one, other = exact_lines(before), exact_lines(after)
    return other - one, one - other
