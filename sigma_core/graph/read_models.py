"""Entities and facts as people look at them: pure values."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Literal

from sigma_core.graph.facts import Attribute
from sigma_core.graph.graph_rows import project_id

OPEN = datetime(9999, 1, 1, tzinfo=UTC)
"""The end of what has none."""
State = Literal["holds", "ended", "later"]


@dataclass(frozen=True)
class EntityView:
    """An entity. `facts`: how many it has, where that was counted; `summary`: what it is in words, where that was read
    and its name does not say it."""

    uuid: str
    name: str
    group: str
    kinds: tuple[str, ...]
    facts: int | None = None
    summary: str = ""

    @property
    def kind(self) -> str:
        """The most telling of what it is said to be."""
        return next((kind for kind in self.kinds if kind != "thing"), "thing")

    @property
    def project_id(self) -> int | None:
        """Its project; None: it is shared."""
        return project_id(self.group)


@dataclass(frozen=True)
class FactView:
    """A fact between two entities, each with id and name. `origins` name the rows it comes from: knowledge/42."""

    uuid: str
    subject: tuple[str, str]
    predicate: str
    object: tuple[str, str]
    sentence: str
    valid_at: datetime
    invalid_at: datetime | None
    evidence_count: int
    origins: tuple[str, ...] = ()
    attributes: Mapping[str, Attribute] = field(default_factory=dict, hash=False)

    def state(self, at: datetime) -> State:
        """How it stands at a moment. One that ends before it begins never holds."""
        if self.invalid_at is not None and self.invalid_at <= at:
            return "ended"
        return "holds" if self.valid_at <= at else "later"


@dataclass(frozen=True)
class EntityNeighbourhood:
    """What is around an entity: others with their distance in hops, the facts among all of them.

    `left_out` counts neighbours that are not shown because there are too many.
    """

    centre: EntityView
    entities: Sequence[tuple[EntityView, int]]
    facts: Sequence[FactView]
    left_out: int


def grow(
    distance: dict[str, int], ways: Sequence[tuple[Sequence[str], int]], hop: int, most: int
) -> tuple[list[str], int]:
    """Add what one more hop reaches: for each entity of the last hop some neighbours, and how many it has.

    Returns what is new, taken in turns so that none crowds out the others, and how many were left out.
    """
    new: list[str] = []
    missed = sum(max(0, count - len(some)) for some, count in ways)
    for place in range(max((len(some) for some, _ in ways), default=0)):
        for some, _ in ways:
            if place >= len(some) or some[place] in distance:
                continue
            if len(distance) >= most:
                missed += 1
                continue
            distance[some[place]] = hop
            new.append(some[place])
    return new, missed
