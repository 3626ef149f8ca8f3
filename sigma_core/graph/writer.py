"""What the graph is told, and what a writer to it has to promise."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Protocol

from sqlmodel import Session

from sigma_core.graph.facts import Entity, Fact


@dataclass(frozen=True)
class GraphItem:
    """A row as the graph is to show it."""

    key: str
    """Names it for ever: ``knowledge/42``."""
    type: str
    data: Mapping[str, Any]
    source: str
    project_id: int | None
    valid_at: datetime
    """Since when it is known."""
    refreshed_at: datetime
    invalid_at: datetime | None = None
    """Since when it no longer holds: contradicted, or its life is over."""
    evidence_count: int = 1
    facts: Sequence[Fact] = ()
    """What it says of entities. Their names must not change while the item lives."""
    entities: Sequence[Entity] = ()
    """What it is about beside what its facts name."""
    text: str | None = None
    """It is free text; else it is its data."""
    told_in: str | None = None
    """Key of the item in whose text it was found."""
    holds_from: datetime | None = None
    """Since when its facts hold, where that is not when they came to be known."""
    holds_until: datetime | None = None
    """Until when they hold, where that is known though nobody contradicts them."""


@dataclass(frozen=True)
class Write:
    """One item to be written. Of two writes of one key, the one with the higher sequence is the newer state."""

    sequence: int
    item: GraphItem


class GraphWriter(Protocol):
    """Writes items to a graph."""

    def write(self, writes: Sequence[Write], timeout_s: float) -> None:
        """Write all, in this order; raise where that is not certain, at the latest after `timeout_s` seconds.

        The same write may come again, and an older one late (from a process that was paused): a key that holds a
        sequence as high or higher already is left as it is. Raises `Unavailable` when the graph is away, anything else
        when it does not take these items.
        """


ItemSource = Callable[[Session, Sequence[int]], Mapping[int, GraphItem]]
"""Reads rows of one origin, by id; those that are gone are left out."""
