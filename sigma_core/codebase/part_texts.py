"""The text of each class and function of a file by itself, to see which of them a change touched."""

import hashlib
from collections.abc import Iterator, Mapping
from typing import NamedTuple

from sigma_core.codebase.code_facts import is_test
from sigma_core.codebase.python_reader import parse
from sigma_core.graph.vocabulary import TEST


class CodePart(NamedTuple):
    """A class, function or test of a file."""

    kind: str
    name: str
    """Dotted within the file."""


PartTexts = Mapping[CodePart, bytes]
"""A digest of what is written in each: its decorators and lines without those of the definitions within it."""


def part_texts(path: str, content: bytes | None) -> PartTexts | None:
    """The parts of a file; None where it is too large or cannot be parsed, so that nothing is known of them."""
    source = None if content is None else parse(content)
    if source is None or content is None:
        return None
    lines = content.splitlines()
    owners: list[CodePart | None] = [None] * len(lines)
    for each in sorted(source.definitions, key=lambda each: (each.line, -each.end_line)):
        part = CodePart(TEST if is_test(path, each) else each.kind, each.name)
        start = each.line - 1
        while start and lines[start - 1].lstrip().startswith(b"@"):
            start -= 1
        owners[start : each.end_line] = [part] * (min(each.end_line, len(lines)) - start)
    texts = dict[CodePart, list[bytes]]()
    for line, owner in zip(lines, owners, strict=False):
        if owner is not None:
            texts.setdefault(owner, []).append(line.rstrip())
    return {part: hashlib.blake2b(b"\n".join(text), digest_size=16).digest() for part, text in texts.items()}


def touched_parts(before: PartTexts | None, after: PartTexts | None) -> Iterator[tuple[CodePart, str]]:
    """What a change of a file did to its parts, where they are known before and after."""
    if before is None or after is None:
        return
    for part in {**before, **after}:
        if part not in before:
            yield part, "added"
        elif part not in after:
            yield part, "deleted"
        elif before[part] != after[part]:
            yield part, "changed"
