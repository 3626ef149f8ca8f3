"""Which functions of a change can be held against their former selves."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from sigma_core.proposals.verification.patch import ChangedFile, Patch
from sigma_core.proposals.verification.statements import functions_of
from sigma_core.proposals.verification.syntax import Function


@dataclass(frozen=True)
class Pair:
    """One function or method in both versions of a file."""

    file: ChangedFile
    name: str
    old: Function
    names: tuple[str, ...]
    """All functions of the file that the change touches: each version calls those of its own side."""
    digest: str
    """Of the change: the same one is always compared on the same inputs."""


def pairs_of(patch: Patch) -> list[Pair]:
    """The changed functions that stand before and after under the same name, what lies within them included."""
    return [pair for file in patch.files if _stays(file) for pair in _pairs(file, patch.sha256)]


def _stays(file: ChangedFile) -> bool:
    both = file.before is not None and file.after is not None
    return both and file.path == file.old_path and file.path.endswith(".py")


def _pairs(file: ChangedFile, digest: str) -> Iterator[Pair]:
    before, after = _outermost(functions_of(file.before)), _outermost(functions_of(file.after))
    touched = [*_around(before, file.removed_lines), *_around(after, file.added_lines)]
    here, there = {each.name: each for each in before}, {each.name for each in after}
    names = tuple(name for name in dict.fromkeys(each.name for each in touched) if name in here and name in there)
    yield from (Pair(file, name, here[name], names, digest) for name in names)


def _outermost(functions: Iterable[Function]) -> list[Function]:
    """Functions and methods that lie in no other: whoever calls those sees what is within."""
    kept: list[Function] = []
    for each in functions:
        if not kept or each.line > kept[-1].end:
            kept.append(each)
    return kept


def _around(functions: Iterable[Function], lines: Iterable[int]) -> list[Function]:
    wanted = set(lines)
    return [each for each in functions if not wanted.isdisjoint(range(each.line, each.end + 1))]
