"""What a change needs that the oldest Python of its project lacks: syntax, modules, names, arguments. Read, not run."""

import re
from collections.abc import Iterator, Sequence
from functools import lru_cache
from pathlib import Path
from typing import NamedTuple

from sigma_core.issues.detectors.target_version import oldest_minor
from sigma_core.issues.tables import Severity
from sigma_core.proposals.evidence import ChangedFinding
from sigma_core.proposals.verification.patch import ChangedFile

RULE = "newer-python"
_NEED = re.compile(r"x:(?P<line>\d+):\d*:[^:]*:3\.(?P<minor>\d+):(?P<what>.+)")
_KEPT = 64
"""Texts whose needs are kept: the changes of a file share what it was before."""
_SILENCING = ("novm", "novermin")
"""With what a comment tells vermin to leave a line out."""
_WITH_LINES = 3
"""How much vermin tells: at this level each need with its line."""


class Need(NamedTuple):
    """Something that Python 3 has since this minor version, and where it is used."""

    line: int
    minor: int
    what: str


def newer_python(root: Path, file: ChangedFile) -> Iterator[ChangedFinding]:
    """Errors for what the added lines need and the oldest Python that the project declares below `root` lacks.

    What the file needed before already is not new: it may be guarded by a look at the version.
    """
    oldest = oldest_minor(root, file.path) if file.path.endswith(".py") and file.after is not None else None
    if oldest is None:
        return
    added = set(file.added_lines)
    newer = [need for need in needs(file.after or "") if need.minor > oldest and need.line in added] if added else []
    before = {(need.minor, need.what) for need in needs(file.before or "")} if newer else set()
    for need in newer:
        if (need.minor, need.what) not in before:
            message = f"{need.what} is there since Python 3.{need.minor}; the project supports 3.{oldest}"
            yield ChangedFinding(
                rule=RULE, family="bug", severity=Severity.ERROR.value, file=file.path, line=need.line, message=message
            )


@lru_cache(maxsize=_KEPT)
def needs(text: str) -> Sequence[Need]:
    """What a text needs; nothing where it cannot be read."""
    from vermin import Config, Parser, SourceVisitor
    from vermin.formats import ParsableFormat

    config = Config()
    config.set_verbose(_WITH_LINES)
    config.set_format(ParsableFormat())
    # To tell comments from strings takes as long as all else
    config.set_parse_comments(any(word in text for word in _SILENCING))
    try:
        node, _, silenced, _ = Parser(text, "x").detect(config)
        if node is None:
            return []
        visitor = SourceVisitor(config, "x", text)
        visitor.set_no_lines(silenced)
        visitor.tour(node)
        visitor.minimum_versions()
    except (ValueError, RecursionError):
        return []
    found = (_NEED.fullmatch(line) for line in visitor.output_text().splitlines())
    return [Need(int(each["line"]), int(each["minor"]), each["what"]) for each in found if each]
