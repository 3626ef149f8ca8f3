"""Knowledge as the graph holds it: facts between entities, as pure values."""

from dataclasses import dataclass

from sigma_core.text import storable

MAX_NAME, MAX_FACT = 400, 4000


@dataclass(frozen=True)
class Entity:
    """Something facts are about. Within a group the name alone tells one from another."""

    name: str
    kind: str = "thing"
    """What it is, as a noun: pattern, issue_type."""
    summary: str = ""
    """What it is in words, where its name does not say it: what a rule's code stands for."""

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


def plain(text: str) -> str:
    """A name as it is compared: spaces at its ends and runs of them do not count, capitals do."""
    return " ".join(storable(text).split())[:MAX_NAME]
