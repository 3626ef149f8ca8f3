"""What a commit says of itself: that it mends something, or takes others back."""

import re
from collections.abc import Collection
from pathlib import PurePosixPath

PROSE = (".md", ".rst", ".txt", ".html", ".tex")
"""Ends of the names of files that hold prose."""
_MENDS = re.compile(
    r"\b(fix(e[sd]|ing)?|bug(s|fix(es)?)?|hotfix(es)?|regressions?|workaround|work around|misbehavio\w+|broken"
    r"|crash(es|ed|ing)?"
    r"|race condition|deadlocks?|leak(s|ing)?|segfaults?|correct(s|ed|ly)?|repair(s|ed)?|mistake\w*)\b"
    r"|:bug:|:ambulance:",
    re.IGNORECASE,
)
_ISSUE = re.compile(
    r"\b(fix(e[sd])?|resolve[sd]?|close[sd]?|issue):? (the )?(issue )?\S*(#|/issues/)\d+", re.IGNORECASE
)
_THIS_FIXES = re.compile(
    r"\b(this|which|that|it) (fixes|corrects|solves)\b|\b(to|would|used to) (fix|crash|fail)\b|\bregression\b",
    re.IGNORECASE,
)
_OTHER = re.compile(
    r"\b(typos?|spell\w*|grammar|docs?|docstrings?|documentation|readme"
    r"|comments?|change ?log|lint\w*|flake8|pep ?8|style"
    r"|line length|whitespace|indentation|formatting|black|isort|wording"
    r"|prefix|suffix|bump\w*|release|version|revert\w*)\b"
    r"|^\[pre-commit|^v?\d+\.\d+",
    re.IGNORECASE,
)
_NEW = re.compile(r"^\W*(add|support|implement|allow|introduce|new)(s|ed|ing)?\b", re.IGNORECASE)
_REVERTS = re.compile(r"\b[Rr]everts? (?:commits? )?((?:[0-9a-f]{7,64}\b[\s,.]*(?:and )?)+)")
_SUBJECT = re.compile(r"^(\[.*\])*\W*(\w+: )?(revert(s|ed|ing)?|back(ed)? out|undo|roll(ed)? back)\b", re.IGNORECASE)

_LIST = re.compile(r"^[*-] ", re.MULTILINE)


def is_fix(subject: str, body: str, paths: Collection[str]) -> bool:
    """Whether it mends what did not work: by its words and by what it changes, which is more than prose."""
    if paths and all(_is_prose(path) for path in paths):
        return False
    if any(".bugfix" in path for path in paths):
        return True
    if _OTHER.search(subject):
        return False
    return _MENDS.search(subject) is not None or (
        not _NEW.search(subject) and (_ISSUE.search(f"{subject}\n{body}") or _THIS_FIXES.search(body)) is not None
    )


def reverted_commits(subject: str, body: str) -> list[str]:
    """The commits that it says to take back. What a list in it says was done and undone on the way."""
    told = f"{subject}\n{body}" if _SUBJECT.search(subject) or not _LIST.search(body) else subject
    return [each for found in _REVERTS.finditer(told) for each in re.findall(r"[0-9a-f]{7,64}", found[1])]


def says_it_reverts(subject: str, body: str) -> bool:
    """Whether it takes something back by its own words, whichever commit that was."""
    return _SUBJECT.search(subject) is not None or bool(reverted_commits(subject, body))


def _is_prose(path: str) -> bool:
    name = PurePosixPath(path)
    return name.suffix.lower() in PROSE or (not name.suffix and name.name.isupper())
