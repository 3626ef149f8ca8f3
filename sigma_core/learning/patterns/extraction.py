"""Replacements between two texts of one file, as patterns with the lines they were seen at."""

from collections.abc import Iterator
from typing import NamedTuple

from sigma_core.learning.patterns.generalising import Rewrite, generalised, outside_imports
from sigma_core.learning.patterns.syntax_changes import replaced
from sigma_core.parsing import syntax_tree

LONGEST = 300_000
"""Characters of a file that is read."""
MOST = 200
"""Replacements of one file that are looked at: a change of more was made by a program."""


class SeenRewrite(NamedTuple):
    """A replacement, and where it was made."""

    rewrite: Rewrite
    line: int


def rewrites(before: str, after: str, own: frozenset[str]) -> Iterator[SeenRewrite]:
    """What replaced what, each kind once a line. `own`: the project's top-level packages and modules."""
    if max(len(before), len(after)) > LONGEST:
        return
    try:
        old, new = syntax_tree(before), syntax_tree(after)
        changes = list(zip(range(MOST + 1), replaced(old, new), strict=False))
    except (SyntaxError, RecursionError):
        return
    if len(changes) > MOST:
        return
    imports = outside_imports(old, own) | outside_imports(new, own)
    seen = set[tuple[str, str, int]]()
    for _, change in changes:
        found = generalised(change, imports)
        if found is not None and (key := (found.before.text, found.after.text, change.after.lineno)) not in seen:
            seen.add(key)
            yield SeenRewrite(found, change.after.lineno)
