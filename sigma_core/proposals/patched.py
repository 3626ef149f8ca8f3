"""What files hold after changes: one diff, or several on the same base together."""

from collections.abc import Iterable, Sequence
from dataclasses import replace

from sigma_core.errors import NotFound
from sigma_core.projects.git import Clone
from sigma_core.proposals import diff as diffs
from sigma_core.proposals.diff import DoesNotApply, Edit, FileChange


def contents(clone: Clone, base: str, changes: Iterable[FileChange]) -> dict[str, bytes | None]:
    """Whole new contents by path, None where the file is gone. Raises `DoesNotApply`."""
    by_file: dict[str, list[FileChange]] = {}
    for change in changes:
        by_file.setdefault(change.old_path, []).append(change)
    after: dict[str, bytes | None] = {}
    for path, together in by_file.items():
        after |= _of_file(clone, base, path, together)
    return after


def _of_file(clone: Clone, base: str, path: str, together: Sequence[FileChange]) -> dict[str, bytes | None]:
    before = _text(clone, base, path)
    edits: list[Edit] = []
    for change in together:
        if change.kind == "add":
            if before is not None:
                raise DoesNotApply(f"{path} exists already.")
        elif before is None:
            raise DoesNotApply(f"There is no {path}.")
        diffs.check(before or "", change)
        edits += change.edits()
    last = together[-1]
    if len(together) > 1 and any(change.kind != "modify" for change in together):
        raise DoesNotApply(f"Two changes touch {path}.")
    text = diffs.apply(before or "", edits)
    if last.kind == "delete":
        if text:
            raise DoesNotApply(f"{path} holds more than the diff deletes.")
        return {path: None}
    if last.kind == "rename":
        if _text(clone, base, last.path) is not None:
            raise DoesNotApply(f"{last.path} exists already.")
        return {path: None, last.path: text.encode()}
    return {path: text.encode()}


def _text(clone: Clone, base: str, path: str) -> str | None:
    try:
        return clone.read(base, path).decode()
    except NotFound:
        return None
    except UnicodeDecodeError:
        raise DoesNotApply(f"{path} is not UTF-8 text.") from None


def relocated(clone: Clone, commit: str, changes: Sequence[FileChange]) -> tuple[FileChange, ...]:
    """The same changes at the lines where their text stands now. Raises `DoesNotApply` where that is not one place."""
    return tuple(_moved(change, _text(clone, commit, change.old_path) or "") for change in changes)


def _moved(change: FileChange, text: str) -> FileChange:
    try:
        diffs.check(text, change)
    except DoesNotApply:
        pass
    else:
        return change
    lines, hunks, shift = diffs.split_lines(text), [], 0
    for hunk in change.hunks:
        size = len(hunk.old)
        places = [at for at in range(len(lines) - size + 1) if size and lines[at : at + size] == hunk.old]
        if len(places) != 1:
            raise DoesNotApply(f"What the diff expects stands {len(places)} times in {change.old_path}.")
        hunks.append(replace(hunk, start=places[0] + 1, new_start=places[0] + 1 + shift))
        shift += len(hunk.new) - size
    return replace(change, hunks=tuple(hunks))
