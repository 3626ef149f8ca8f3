"""A proposal's diff on its base, as whole files before and after."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from functools import cache, cached_property
from pathlib import PurePosixPath
from typing import Protocol, Self

from sigma_core.projects.git import TreeFile
from sigma_core.proposals import diff as diffs
from sigma_core.proposals.diff import DoesNotApply, FileChange, LineEdit
from sigma_core.proposals.tables import Proposal
from sigma_core.proposals.verification.syntax import why_unreadable


class Promise(StrEnum):
    """What is said of a change's effect on behaviour."""

    KEPT = "kept"
    """It stays as it is: who says so vouches for it."""
    MEANT = "meant"
    """It should, with a warning that it may not."""


@dataclass(frozen=True)
class Change:
    """What is to be verified. `rule` and `fingerprint` name the issue it is for, if it is for one."""

    proposal_id: int
    diff: str
    base_commit: str
    rule: str | None = None
    fingerprint: str | None = None
    promise: Promise | None = None
    """What whoever made it says of the behaviour; None: it is meant to change."""
    fixes: int = 1
    """Of how many issues it is the fix."""

    @classmethod
    def of(cls, proposal: Proposal) -> Self:
        """What a stored proposal asks for."""
        kept = Promise.KEPT if proposal.keeps_behaviour else _PROMISES.get(proposal.fixer)
        fixes = max(1, len(proposal.parts))
        return cls(proposal.id or 0, proposal.diff, proposal.base_commit, proposal.rule, promise=kept, fixes=fixes)


_PROMISES = {"linter_safe": Promise.KEPT, "linter_unsafe": Promise.MEANT}


class Commits(Protocol):
    """What is read from a clone."""

    def files(self, commit: str) -> dict[str, TreeFile]: ...
    def read(self, commit: str, path: str) -> bytes: ...


class ReadOnce:
    """What is read from a clone, each of it once: the changes of a base share its files."""

    def __init__(self, commits: Commits) -> None:
        self.files, self.read = cache(commits.files), cache(commits.read)


@dataclass(frozen=True)
class ChangedFile:
    """One file; `before` is None where it is added, `after` where it is deleted. Edits are of lines of `before`."""

    path: str
    old_path: str
    before: str | None
    after: str | None
    edits: tuple[LineEdit, ...]

    @property
    def is_python(self) -> bool:
        """Whether it holds Python, by its name."""
        return PurePosixPath(self.path).suffix in (".py", ".pyi")

    @property
    def removed_lines(self) -> list[int]:
        """1-based lines of `before` that are gone."""
        return [line + 1 for edit in self.edits for line in range(edit.start, edit.end)]

    @property
    def added_lines(self) -> list[int]:
        """1-based lines of `after` that are new."""
        return added_lines(self.edits, self.edits)

    @property
    def first_line(self) -> int:
        """Where the change begins, in the new file."""
        return min((edit.start + 1 for edit in self.edits), default=1)


@dataclass(frozen=True)
class Patch:
    """A change that applies to its base."""

    change: Change
    sha256: str
    files: tuple[ChangedFile, ...]

    @property
    def contents(self) -> dict[str, str | None]:
        """Whole files after the change, by path; None for those that are gone."""
        renamed: dict[str, str | None] = {each.old_path: None for each in self.files}
        return renamed | {each.path: each.after for each in self.files}

    @cached_property
    def is_readable(self) -> bool:
        """Whether every Python text in it, before and after, can be followed line by line here."""
        texts = (text for file in self.files if file.path.endswith(".py") for text in (file.before, file.after))
        return all(text is None or not why_unreadable(text) for text in texts)


def read_patch(commits: Commits, change: Change) -> Patch:
    """The change on its base. Raises `DiffRefused` and `DoesNotApply`, saying in one sentence what is wrong."""
    changes = diffs.parse(change.diff)
    tree = commits.files(change.base_commit)
    files = tuple(_changed_file(commits, tree, change.base_commit, each) for each in changes)
    return Patch(change, diffs.digest(changes), files)


def added_lines(edits: Iterable[LineEdit], among: Sequence[LineEdit]) -> list[int]:
    """The 1-based lines that `edits` add, in the text that all edits `among` which they are lead to."""
    wanted = set(edits)
    lines: list[int] = []
    shift = 0
    for edit in sorted(among, key=lambda each: (each.start, each.end)):
        first = edit.start + shift + 1
        if edit in wanted:
            lines += range(first, first + len(edit.added))
        shift += len(edit.added) - (edit.end - edit.start)
    return lines


def place_after(edit: LineEdit, among: Iterable[LineEdit]) -> int:
    """The 1-based line at which an edit lies in the text that all edits `among` lead to."""
    return 1 + edit.start + sum(len(each.added) - (each.end - each.start) for each in among if each.start < edit.start)


def _changed_file(commits: Commits, tree: Mapping[str, TreeFile], base: str, change: FileChange) -> ChangedFile:
    _check_place(tree, change)
    before = None if change.kind == "add" else _decode(commits.read(base, change.old_path))
    diffs.check(before or "", change)
    edits = tuple(change.edits())
    after = diffs.apply(before or "", edits)
    if change.kind == "delete" and after:
        raise DoesNotApply(f"{change.path} holds more than the diff deletes.")
    return ChangedFile(change.path, change.old_path, before, None if change.kind == "delete" else after, edits)


def _check_place(tree: Mapping[str, TreeFile], change: FileChange) -> None:
    if change.kind == "add":
        if change.path in tree:
            raise DoesNotApply(f"{change.path} exists already.")
    elif change.old_path not in tree:
        raise DoesNotApply(f"{change.old_path} does not exist in the base commit.")
    elif not tree[change.old_path].is_plain:
        raise DoesNotApply(f"{change.old_path} is a link or a submodule, not a file.")
    if change.kind == "rename" and change.path in tree:
        raise DoesNotApply(f"{change.path} exists already.")
    for parent in PurePosixPath(change.path).parents:
        if str(parent) in tree:
            raise DoesNotApply(f"{change.path} leads through {parent}, which is not a folder.")


def _decode(content: bytes) -> str:
    return content.decode("utf-8", "surrogateescape")
