"""Fixes of one rule in one file as one change: a person reads and merges it once."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from functools import cached_property

from sigma_core.parsing import syntax_tree
from sigma_core.proposals import diff as diffs
from sigma_core.proposals.diff import LineEdit
from sigma_core.proposals.fixers.base import Fixed, Part
from sigma_core.proposals.fixers.edits import EditsDoNotFit, apply_edits

_LONGEST_DESCRIPTION = 8000

Finish = Callable[[Fixed], Fixed | None]
"""Lays the whole change out as the file was; None where it must not be made."""
Complete = Callable[[Fixed], Fixed]
"""Has the whole change take along what it leaves behind."""


@dataclass(frozen=True)
class SingleFix:
    """A finished fix of one issue, on the file as it stands."""

    issue_id: int
    fixed: Fixed

    @cached_property
    def edits(self) -> list[LineEdit]:
        """What it does to the file."""
        return _edits(self.fixed)


def joined(
    fixes: Sequence[SingleFix], path: str, before: str, finish: Finish, complete: Complete = lambda whole: whole
) -> Fixed | None:
    """The fixes of one rule in the file `path`, which holds `before`, as one change; None without any.

    Fixes of one line are made together, where it is known what each does to the character. Another fix of lines that an
    earlier one rewrites is left out, as is one with which the file could not be read any more: its time comes when the
    others are merged.
    """
    kept: list[SingleFix] = []
    readable = _reads(before)
    for each in _apart(_beside(fixes, path, before, finish)):
        if not readable or _reads(_merged(before, [*kept, each])):
            kept.append(each)
    if not kept:
        return None
    whole = _whole(kept, path, before, finish) if len(kept) > 1 else None
    if whole is None:
        kept, whole = kept[:1], kept[0].fixed
    return completed(replace(whole, parts=_parts(kept, whole)), complete)


def completed(fixed: Fixed, complete: Complete) -> Fixed:
    """The change with what it takes along, which is of none of its parts: each by itself may leave nothing behind."""
    whole, own = complete(fixed), _edits(fixed)
    places = list(enumerate(_edits(whole)))

    def moved(part: Part) -> Part:
        mine = [own[number] for number in part.edits]
        return replace(part, edits=tuple(place for place, edit in places if any(map(edit.touches, mine))))

    return replace(whole, parts=tuple(map(moved, fixed.parts)))


def _whole(fixes: Sequence[SingleFix], path: str, before: str, finish: Finish) -> Fixed | None:
    return finish(together([each.fixed for each in fixes], diffs.make(path, before, _merged(before, fixes))))


def together(fixes: Sequence[Fixed], diff: str) -> Fixed:
    """What is said of a change that makes all of these fixes by one diff."""
    first, more = fixes[0], len(fixes) - 1
    return replace(
        first,
        diff=diff,
        title=f"{first.title} and {more} more" if more else first.title,
        description="\n".join(each.description for each in fixes)[:_LONGEST_DESCRIPTION],
        confidence=min(each.confidence for each in fixes),
    )


def _part(fix: SingleFix, edits: Iterable[int]) -> Part:
    return Part(fix.issue_id, tuple(sorted(edits)), fix.fixed.title, fix.fixed.description)


def _beside(fixes: Sequence[SingleFix], path: str, before: str, finish: Finish) -> list[SingleFix]:
    """The fixes, those of the same lines with one diff that makes all of them."""
    groups: list[list[SingleFix]] = []
    for fix in fixes:
        met = [group for group in groups if any(_meet(fix, each) for each in group)]
        joint = [*(each for group in met for each in group), fix]
        groups = [*(group for group in groups if group not in met), joint]
    return [each for group in groups for each in (_as_one(group, path, before, finish) if len(group) > 1 else group)]


def _meet(one: SingleFix, other: SingleFix) -> bool:
    return one.edits != other.edits and any(_overlap(each, another) for each in one.edits for another in other.edits)


def _as_one(group: Sequence[SingleFix], path: str, before: str, finish: Finish) -> Sequence[SingleFix]:
    if not all(each.fixed.edits for each in group):
        return group
    try:
        after = apply_edits(before, {edit for each in group for edit in each.fixed.edits})
    except EditsDoNotFit:
        return group
    done = finish(together([each.fixed for each in group], diffs.make(path, before, after)))
    return group if done is None else [replace(each, fixed=replace(each.fixed, diff=done.diff)) for each in group]


def _apart(fixes: Iterable[SingleFix]) -> list[SingleFix]:
    """Those that rewrite no line of an earlier one. One with the very same edits goes with it."""
    kept: list[SingleFix] = []
    for fix in fixes:
        mine = fix.edits
        if all(
            mine == each.edits or not any(_overlap(one, other) for one in mine for other in each.edits) for each in kept
        ):
            kept.append(fix)
    return kept


def _overlap(one: LineEdit, other: LineEdit) -> bool:
    both_insert = one.start == one.end == other.start == other.end
    return both_insert or (one.start < other.end and other.start < one.end)


def _merged(before: str, fixes: Iterable[SingleFix]) -> str:
    """The file with all of them made; edits that lie next to each other become one."""
    joint: list[LineEdit] = []
    for edit in sorted({edit for each in fixes for edit in each.edits}, key=lambda each: (each.start, each.end)):
        if joint and joint[-1].touches(edit):
            joint[-1] = LineEdit(joint[-1].start, edit.end, joint[-1].added + edit.added)
        else:
            joint.append(edit)
    return diffs.apply(before, joint)


def _reads(text: str) -> bool:
    try:
        syntax_tree(text.removeprefix("\ufeff").encode("utf-8", "surrogateescape"))
    except SyntaxError:
        return False
    return True


def _parts(fixes: Sequence[SingleFix], whole: Fixed) -> tuple[Part, ...]:
    """Which edits of the whole are of which fix. What the layout changed besides belongs to the fix before it."""
    of: dict[int, set[int]] = {number: set() for number in range(len(fixes))}
    last = 0
    for place, edit in enumerate(_edits(whole)):
        touching = [n for n, fix in enumerate(fixes) if any(edit.touches(each) for each in fix.edits)]
        for number in touching or [last]:
            of[number].add(place)
        last = touching[-1] if touching else last
    return tuple(_part(fix, of[number]) for number, fix in enumerate(fixes))


def _edits(fixed: Fixed) -> list[LineEdit]:
    (change,) = diffs.parse(fixed.diff)
    return change.edits()
