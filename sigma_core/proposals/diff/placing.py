"""Changes put into a text, by line number and never by guessing."""

from collections.abc import Iterable
from itertools import pairwise

from sigma_core.proposals.diff.change import DoesNotApply, FileChange, LineEdit, split_lines


def apply(text: str, edits: Iterable[LineEdit]) -> str:
    """`text` with the edits made, exactly by line number. Edits of several diffs on one base may come together.

    Raises `DoesNotApply` where they touch each other or lie outside the text.
    """
    lines = split_lines(text)
    ordered = sorted(edits, key=lambda edit: (edit.start, edit.end))
    for first, second in pairwise(ordered):
        if first.touches(second):
            raise DoesNotApply(f"Two changes touch at line {second.start + 1}.")
    if ordered and ordered[-1].end > len(lines):
        raise DoesNotApply(f"Line {ordered[-1].end} does not exist.")
    for edit in reversed(ordered):
        lines[edit.start : edit.end] = edit.added
    return "".join(lines)


def check(text: str, change: FileChange) -> None:
    """Raises `DoesNotApply` unless every context and removed line stands in `text` where the diff says."""
    lines = split_lines(text)
    for hunk in change.hunks:
        begin = max(hunk.start - 1, 0) if hunk.old else hunk.start
        if lines[begin : begin + len(hunk.old)] != hunk.old:
            raise DoesNotApply(f"{change.old_path} differs from what the diff expects at line {hunk.start}.")
