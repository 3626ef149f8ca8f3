"""Replaces passages of one file by others, as a model names them: by their text."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

from sigma_core.llm.errors import BadAnswer


@dataclass(frozen=True)
class Replacement:
    """A passage of `file` and what is to stand there. Line ends are those of the file, whatever is written here."""

    file: str
    original: str
    fixed: str
    explanation: str


def replace_passages(file: str, text: str, replacements: Sequence[Replacement]) -> str:
    """`text` of `file` with all passages replaced.

    Raises `BadAnswer` when a replacement is for another file, its passage does not occur exactly once, two overlap,
    or nothing changes.
    """
    newline = "\r\n" if "\r\n" in text else "\n"
    spans = sorted(_span(file, text, replacement, newline) for replacement in replacements)
    if any(start < end for (_, end, _), (start, _, _) in pairwise(spans)):
        raise BadAnswer(f"The model's changes to {file} overlap.")
    after = text
    for start, end, fixed in reversed(spans):
        after = after[:start] + fixed + after[end:]
    if after == text:
        raise BadAnswer(f"The model's changes leave {file} as it is.")
    return after


def _span(file: str, text: str, replacement: Replacement, newline: str) -> tuple[int, int, str]:
    if replacement.file != file:
        raise BadAnswer(f"The model changes {replacement.file[:200]!r}, which it was not given; only {file} was.")
    original = _with_ends(replacement.original, newline)
    start = text.find(original)
    if start < 0:
        raise BadAnswer(f"A passage that the model replaces does not occur in {file}.")
    if text.find(original, start + 1) >= 0:
        raise BadAnswer(f"A passage that the model replaces occurs more than once in {file}.")
    return start, start + len(original), _with_ends(replacement.fixed, newline)


def _with_ends(passage: str, newline: str) -> str:
    return newline.join(passage.replace("\r\n", "\n").split("\n"))
