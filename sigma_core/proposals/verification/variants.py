"""Other text in place of a part of a file: what control runs and mutants put into a candidate."""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

Position = tuple[int, int]
"""1-based line and column in bytes, as the nodes of a syntax tree count them."""


@dataclass(frozen=True, order=True)
class Variant:
    """`text` from `start` up to `end` of one file. Nothing says what it is for: project code could read it."""

    file: str
    start: Position
    end: Position
    text: str


def varied(contents: Mapping[str, str | None], variants: Iterable[Variant]) -> dict[str, str | None]:
    """Whole files, by path, with all variants in them; those must not overlap."""
    by_file = defaultdict(list)
    for variant in variants:
        by_file[variant.file].append(variant)
    return {**contents, **{file: _replaced(contents[file] or "", here) for file, here in by_file.items()}}


def _replaced(text: str, variants: Iterable[Variant]) -> str:
    whole = text.encode("utf-8", "surrogateescape")
    begins = [0]
    for line in whole.splitlines(keepends=True):
        begins.append(begins[-1] + len(line))
    # From the end on, so that no place moves before its turn
    for variant in sorted(variants, reverse=True):
        start, end = (begins[min(line, len(begins)) - 1] + column for line, column in (variant.start, variant.end))
        whole = whole[:start] + variant.text.encode() + whole[end:]
    return whole.decode("utf-8", "surrogateescape")
