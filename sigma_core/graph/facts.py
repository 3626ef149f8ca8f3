"""Knowledge as the graph holds it: facts between entities, as pure values."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

from sigma_core.text import storable

MAX_NAME, MAX_FACT = 400, 4000
Attribute = str | int | float | bool


@dataclass(frozen=True)
class Entity:
    """Something facts are about. Within a group the name alone tells one from another, unless it has a key."""

    name: str
    kind: str = "thing"
    """What it is, as a noun: pattern, issue_type."""
    summary: str = ""
    """What it is in words, where its name does not say it: what a rule's code stands for."""

    key: str = ""
    """Names it for ever, where its name does not: that of a function changes with its file's."""

    place: str = ""
    """Where in the code of its project it is, as `path` or `path:qualified.name`, where that is all that is known of
    it: it is the file, class or function that stands there."""

    @property
    def meaning(self) -> str:
        """The text by which it is compared with others."""
        return plain(self.summary) or plain(self.name)


@dataclass(frozen=True)
class Fact:
    """Subject, predicate, object, and the same as a sentence for people."""

    subject: Entity
    predicate: str
    object: Entity
    sentence: str
    key: str = ""
    """Names it for ever, where one item or several can say the same more than once, of different times."""
    valid_at: datetime | None = None
    """Since when it holds, where that is not when its item does."""
    invalid_at: datetime | None = None
    certainty: float = 1.0
    """How sure it is, 0–1."""
    attributes: Mapping[str, Attribute] = field(default_factory=dict, hash=False)
    """What else there is to say of it: a severity, a verdict, a share. Flat, as the databases take nothing else."""


def plain(text: str) -> str:
    """A name as it is compared: spaces at its ends and runs of them do not count, capitals do."""
    return " ".join(storable(text).split())[:MAX_NAME]
