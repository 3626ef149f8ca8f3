"""Real questions with known answers, and the documents they are asked of."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from sigma_core.database import Database


@dataclass(frozen=True)
class Labelled:
    """One question. Answers are named as `LabelledSet.key_of` names hits."""

    text: str
    answers: frozenset[str]
    group: str
    late: bool = False
    """It comes after the time that weights were fixed on."""
    whole: bool = False
    """It counts only where all of its answers are found."""


@dataclass(frozen=True)
class LabelledSet:
    """Documents in a database of their own, and the questions."""

    name: str
    database: Database
    asked: Sequence[Labelled]
    key_of: Callable[[str, str], str]
    """What a hit stands for in a group, by its id."""
    plain: Sequence[tuple[str, str]]
    """(id of a hit, all that can be searched of it), for full-text search."""
