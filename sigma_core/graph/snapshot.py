"""The graph of some groups, whole and as arrays, for questions that are about all of it. Pure."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import TYPE_CHECKING, Any, TypeVar, cast

from sigma_core.graph.facts import plain
from sigma_core.graph.texts import Texts

if TYPE_CHECKING:
    import numpy as np

    Numbers = np.ndarray[Any, np.dtype[np.integer[Any]]]
    Moments = np.ndarray[Any, np.dtype[np.float64]]
    Mask = np.ndarray[Any, np.dtype[np.bool_]]
else:
    Numbers = Moments = Mask = Any

Derived = TypeVar("Derived")
VIEWS = 4
"""Views of one snapshot that are kept."""


@dataclass(frozen=True, eq=False)
class Facts:
    """Facts by position; moments in seconds since 1970, nan where they are open."""

    uuids: Texts
    source: Numbers
    """Positions of entities."""
    target: Numbers
    predicate: Numbers
    """Positions in `GraphSnapshot.predicates`."""
    sentences: Texts
    created_at: Moments
    """Since when it is known."""
    valid_at: Moments
    invalid_at: Moments
    expired_at: Moments
    """Since when it is known that it ends."""

    def __len__(self) -> int:
        return len(self.source)

    def take(self, positions: "Numbers") -> "Facts":
        """Those at these positions."""
        return Facts(**{name: _selected(getattr(self, name), positions) for name in self.__dataclass_fields__})


@dataclass(frozen=True, eq=False)
class GraphSnapshot:
    """Entities by position and facts between them. What is derived from it is kept with it."""

    version: str
    """Another one where anything differs."""
    uuids: Texts
    names: Texts
    summaries: Texts
    """What each is in words; empty where its name says it."""
    kinds: Sequence[tuple[str, ...]]
    groups: Sequence[str]
    """Names of groups; the first counts first where two entities have one name."""
    group: Numbers
    """Positions in `groups`, of each entity."""
    born_at: Moments
    """Since when an entity is known, seconds since 1970."""
    predicates: Sequence[str]
    facts: Facts

    def __len__(self) -> int:
        return len(self.names)

    @cached_property
    def by_name(self) -> Mapping[str, Sequence[int]]:
        """Positions of the entities of each name, by the order of their groups."""
        found: dict[str, list[int]] = {}
        names = list(self.names)
        for position in self.group.argsort(kind="stable").tolist():
            found.setdefault(names[position], []).append(position)
        return found

    @property
    def meanings(self) -> Iterator[str]:
        """The texts by which entities are compared, as `Entity.meaning`."""
        return (summary or name for name, summary in zip(self.names, self.summaries, strict=True))

    def positions(self, name: str) -> Sequence[int]:
        """Entities of this name, compared as the graph does; none where it is unknown."""
        return self.by_name.get(plain(name), ())

    def known_at(self, at: float) -> "GraphSnapshot":
        """What was known at a moment, ended facts too."""
        return self._view(("known", self._interval(at)), lambda: _known_at(self, at))

    def holding(self, at: float) -> "GraphSnapshot":
        """What was known at a moment and held then."""
        return self._view(("holding", self._interval(at)), lambda: _holding(self.known_at(at), at))

    def _interval(self, at: float) -> int:
        """Two moments with the same have nothing between them that begins or ends."""
        return int(self.moments.searchsorted(at, side="right"))

    def _view(self, key: tuple[str, int], make: Callable[[], "GraphSnapshot"]) -> "GraphSnapshot":
        """One of the last few that were asked for, so that what is derived from it is kept too."""
        made = self._views.get(key)
        if made is None:
            made = make()
            if made is not self:
                made = replace(made, version=f"{self.version}@{key[1]}{key[0]}")
            while len(self._views) >= VIEWS:
                self._views.pop(next(iter(self._views)), None)
            self._views[key] = made
        return made

    @cached_property
    def _views(self) -> dict[tuple[str, int], "GraphSnapshot"]:
        return {}

    def only(self, kept: Mask) -> "GraphSnapshot":
        """Some entities, and facts between them."""
        some = _of_entities(self, kept)
        return some if some is self else replace(some, version=f"{self.version}/{int(kept.sum())}")

    def derived(self, name: str, make: Callable[["GraphSnapshot"], Derived]) -> Derived:
        """Something made of it, made once."""
        if name not in self._derived:
            self._derived[name] = make(self)
        return cast(Derived, self._derived[name])

    @cached_property
    def _derived(self) -> dict[str, object]:
        return {}

    @cached_property
    def moments(self) -> Moments:
        """All moments at which anything begins or ends, in their order."""
        import numpy as np

        facts = self.facts
        all_ = np.concatenate((self.born_at, facts.created_at, facts.valid_at, facts.invalid_at, facts.expired_at))
        return np.unique(all_[~np.isnan(all_)])


def _known_at(snapshot: GraphSnapshot, at: float) -> GraphSnapshot:
    import numpy as np

    facts = snapshot.facts
    seen = facts.created_at <= at
    # Until its end was known, it was thought to last
    thought = np.where(facts.expired_at > at, np.nan, facts.invalid_at)
    if not np.array_equal(thought, facts.invalid_at, equal_nan=True):
        facts = replace(facts, invalid_at=thought)
    if not seen.all():
        facts = facts.take(np.flatnonzero(seen).astype(np.int32))
    known = snapshot if facts is snapshot.facts else replace(snapshot, facts=facts)
    return _of_entities(known, snapshot.born_at <= at)


def _holding(known: GraphSnapshot, at: float) -> GraphSnapshot:
    import numpy as np

    holds = held(known.facts, at)
    return known if holds.all() else replace(known, facts=known.facts.take(np.flatnonzero(holds).astype(np.int32)))


def held(facts: Facts, at: float) -> Mask:
    """Which of the facts hold at a moment. One that ends before it begins never does."""
    import numpy as np

    return (facts.valid_at <= at) & ~(np.nan_to_num(facts.invalid_at, nan=np.inf) <= at)


def _of_entities(snapshot: GraphSnapshot, kept: Mask) -> GraphSnapshot:
    """Only these entities, and facts between them."""
    import numpy as np

    if kept.all():
        return snapshot
    positions = np.flatnonzero(kept).astype(np.int32)
    new = np.full(len(kept), -1, np.int32)
    new[positions] = np.arange(len(positions), dtype=np.int32)
    facts = snapshot.facts
    inside = np.flatnonzero(kept[facts.source] & kept[facts.target]).astype(np.int32)
    facts = facts.take(inside)
    return replace(
        snapshot,
        uuids=snapshot.uuids.take(positions),
        names=snapshot.names.take(positions),
        summaries=snapshot.summaries.take(positions),
        kinds=[snapshot.kinds[position] for position in positions.tolist()],
        group=snapshot.group[positions],
        born_at=snapshot.born_at[positions],
        facts=replace(facts, source=new[facts.source], target=new[facts.target]),
    )


def _selected(column: Any, positions: "Numbers") -> Any:  # noqa: ANN401 (texts or an array)
    return column.take(positions) if isinstance(column, Texts) else column[positions]
