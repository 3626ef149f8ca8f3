"""The events in the life of a change after it was proposed, and what they come to. Pure rules of values."""

from collections.abc import Collection
from enum import StrEnum


class OutcomeKind(StrEnum):
    """Something that happened to a change, at most once as things stand."""

    APPROVED = "approved"
    REJECTED = "rejected"
    """By a person."""
    IGNORED = "ignored"
    """A person does not want its issue mended."""
    APPLIED = "applied"
    """It was committed to a branch of ours."""
    CLOSED = "closed"
    """That branch was deleted, and the change is not on the main line."""
    REACHED = "reached"
    """It stands on the main line."""
    SURVIVED_1 = "survived_1"
    SURVIVED_10 = "survived_10"
    SURVIVED_100 = "survived_100"
    REWRITTEN = "rewritten"
    """Later commits changed the same code to something else again."""
    REVERTED = "reverted"
    """What stood there before came back."""
    ISSUE_BACK = "issue_back"
    """The issue it mended was found again."""


SURVIVED_AFTER = {1: OutcomeKind.SURVIVED_1, 10: OutcomeKind.SURVIVED_10, 100: OutcomeKind.SURVIVED_100}
"""Commits of the main line after the one that brought it."""
SURVIVING = OutcomeKind.SURVIVED_10
"""From when on a fix is counted as one that survives."""
ON_MAIN = frozenset(
    {OutcomeKind.REACHED, OutcomeKind.REWRITTEN, OutcomeKind.REVERTED, OutcomeKind.ISSUE_BACK}
    | set(SURVIVED_AFTER.values())
)
"""What is told by the main line."""


def ending(kinds: Collection[str]) -> bool | None:
    """Whether the maintainers took a change and kept it; None while that is not known.

    What they did counts before what was said: taken and kept, though a person had rejected it, is taken. An approval
    and a branch of ours alone say nothing of what they want.
    """
    if not {OutcomeKind.REVERTED, OutcomeKind.ISSUE_BACK}.isdisjoint(kinds):
        return False
    if OutcomeKind.REACHED in kinds:
        return True
    if not {OutcomeKind.REJECTED, OutcomeKind.IGNORED, OutcomeKind.CLOSED}.isdisjoint(kinds):
        return False
    return None
