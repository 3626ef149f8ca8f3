"""Which commits of the main line are looked at to learn from a project's past."""

from collections.abc import Sequence

from sigma_core.codebase.commits import Commit

SAMPLES = 24
LOOKED_BACK = 3000
"""Newest commits of the main line that samples are taken from."""


def step_of(line: Sequence[Commit]) -> int:
    """Commits between two samples of a main line."""
    return max(1, min(len(line), LOOKED_BACK) // SAMPLES)


def older_sample(line: Sequence[Commit], oldest: str, step: int, taken: int) -> Commit | None:
    """The next one to look at behind the oldest; None where there are enough, or the history ends.

    Tags are not what is looked at: they lie on branches of releases, and may be moved.
    """
    at = _index(line, oldest)
    return line[at + step] if at is not None and at + step < len(line) and taken < SAMPLES else None


def newer_sample(line: Sequence[Commit], newest: str, step: int) -> Commit | None:
    """The head, where it is so far from the newest that it is worth a look."""
    at = _index(line, newest)
    return line[0] if at is not None and at >= step else None


def _index(line: Sequence[Commit], commit: str) -> int | None:
    return next((number for number, each in enumerate(line) if each.id == commit), None)
