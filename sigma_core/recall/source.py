"""Where documents come from."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from sqlmodel import Session


@dataclass(frozen=True)
class Document:
    """An original, as it is to be found. `stamp` says when it last changed."""

    key: int
    project_id: int | None
    source: str
    text: str
    stamp: datetime
    recorded_at: datetime
    decay_s: float


class Source(Protocol):
    """One kind of originals."""

    @property
    def kind(self) -> str:
        """The first half of its hits' ids."""

    def changed(self, session: Session, since: datetime | None) -> Mapping[int, datetime]:
        """Keys and stamps of originals that changed at or after `since`; of all, if None."""

    def documents(self, session: Session, keys: Sequence[int]) -> Sequence[Document]:
        """These originals as documents."""

    def worth(self, session: Session, keys: Sequence[int]) -> Mapping[int, float]:
        """How much each counts today, 0–1. What is left out is not to be found any more."""
