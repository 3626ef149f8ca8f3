"""Sentences that answer a question, each with what it rests on."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True)
class Sentence:
    """One thing that is so, or was."""

    text: str
    source: str
    """What says so: ``CALLS/12`` (a fact of the code), ``code/3`` (part of it), ``commit/3f2a…``, ``decision/4``."""
    valid_at: datetime | None = None
    """Since when."""
    invalid_at: datetime | None = None


@dataclass(frozen=True)
class Answer:
    """`about`: what the question was understood to be about. The first sentence says the most."""

    asking: str
    about: str
    project_id: int | None
    sentences: Sequence[Sentence]


Attempts = Callable[[int | None, str], Sequence[Sentence]]
"""What was tried in a project, or in any, on a rule or a file, the newest first."""
