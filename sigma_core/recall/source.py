"""Where documents come from."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import NamedTuple, Protocol

from sqlalchemy import Select
from sqlmodel import Session

from sigma_core.graph.facts import Entity


class DocumentField(NamedTuple):
    """Part of a document, as its words are looked for."""

    text: str
    weight: float = 1.0
    """How often each of its words counts."""
    length: float = 1.0
    """How much of it counts as length, by which long documents are held back."""


@dataclass(frozen=True)
class Document:
    """An original, as it is to be found. `stamp` says when it last changed.

    `entities` are what it speaks of, `keywords` what it is found by beside its text. `parts`: what is looked for in
    place of text, entities and keywords, where they do not count alike.
    """

    key: int
    project_id: int | None
    source: str
    text: str
    stamp: datetime
    recorded_at: datetime
    decay_s: float
    entities: Sequence[Entity] = ()
    keywords: Sequence[str] = ()
    parts: Sequence[DocumentField] = ()

    def searched(self) -> Sequence[DocumentField]:
        """What its words are looked for in."""
        beside = (*(each.name for each in self.entities), *self.keywords)
        return self.parts or (
            DocumentField(self.text),
            DocumentField(" ".join(each for each in beside if each not in self.text)),
        )


class DocumentSource(Protocol):
    """One kind of originals."""

    @property
    def kind(self) -> str:
        """The first half of its hits' ids."""

    def stamps(self) -> Select[int, datetime]:
        """A query for `key` and `stamp` of all originals."""

    def unchanging(self, session: Session) -> int | None:
        """How many originals there are, where none ever changes: it tells at once whether one is new."""

    def documents(self, session: Session, keys: Sequence[int]) -> Sequence[Document]:
        """These originals as documents."""

    def worth(self, session: Session, keys: Sequence[int], moment: datetime) -> Mapping[int, float]:
        """How much each counts, 0–1. What is left out is not to be found, as things stood at the moment."""
