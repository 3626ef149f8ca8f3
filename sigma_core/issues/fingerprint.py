"""A finding's identity over commits.

It is made of the rule, the path, the qualified name of the definition around it, the text of the flagged lines without
layout, and the rank among findings that are equal in all of these. So it survives lines inserted elsewhere, edits in
other definitions, reindentation and blank lines; it ends when the flagged text itself changes or moves. A file that is
renamed takes its issues with it: they are known by the fingerprints that they had under its old path.
"""

import hashlib
from collections import Counter
from collections.abc import Iterable
from dataclasses import replace

from sigma_core.issues.finding import Found
from sigma_core.issues.source import SourceFile
from sigma_core.issues.tables import Issue

_MAX_RANK = 1000


def with_fingerprints(source: SourceFile, found: Iterable[Found]) -> list[Found]:
    """The findings of one file in the order of their places, each with its fingerprint."""
    ranks: Counter[tuple[str, str, str]] = Counter()
    marked = []
    for finding in sorted(found, key=lambda f: (f.line, f.column, f.rule)):
        symbol = source.enclosing(finding.line)
        identity = (finding.rule, symbol, _normalised(source, finding))
        place = (*identity, str(ranks[identity]))
        marked.append(replace(finding, fingerprint=_digest(finding.file, *place), place=place, symbol=symbol))
        ranks[identity] += 1
    return marked


def fingerprint_in(path: str, finding: Found) -> str:
    """What the fingerprint of a finding was while its file had this path."""
    return _digest(path, *finding.place)


def stands_at(source: SourceFile, finding: Found | Issue) -> bool:
    """Is this the text in which the finding was made, as far as its own place goes?"""
    place = (finding.rule, source.enclosing(finding.line), _normalised(source, finding))
    return any(_digest(finding.file, *place, str(rank)) == finding.fingerprint for rank in range(_MAX_RANK))


def _normalised(source: SourceFile, finding: Found | Issue) -> str:
    flagged = source.lines[finding.line - 1 : finding.end_line]
    return "\n".join(" ".join(line.split()) for line in flagged if line.strip())


def _digest(*parts: str) -> str:
    return hashlib.sha256("\0".join(parts).encode()).hexdigest()[:40]
