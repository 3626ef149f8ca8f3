"""The feed's items of one viewer: read once, then kept up to date by what has happened since."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

import streamlit as st

from sigma_core.console import session
from sigma_core.exchange.feed import Happening, Kind, Position
from sigma_core.exchange.freshness import freshness
from sigma_core.exchange.registry import Registry
from sigma_core.exchange.views import Item

_KEPT = "knowledge.feed"
MOST_NEWS = 300
"""With more of them the list is read anew: that is cheaper."""
_OF_ITEMS = (Kind.PUBLISHED, Kind.CONFIRMED)
_OF_OTHERS = (Kind.DEAD, Kind.REPLAYED)
"""What happened to deliveries: no row of the feed shows it."""


@dataclass(frozen=True)
class Wanted:
    """Which items are listed; no types: all. `limit`: at most so many."""

    types: tuple[str, ...]
    project_id: int | None
    limit: int

    def lets_through(self, item: Item) -> bool:
        """Whether the list is about it."""
        return (not self.types or item.type in self.types) and self.project_id in (None, item.project_id)


@dataclass(frozen=True)
class Kept:
    """A list as it was at a position of what happens."""

    wanted: Wanted
    items: Sequence[Item]
    position: Position


def items(wanted: Wanted) -> Sequence[Item]:
    """What was said last first, as it is now."""
    system = session.system()
    kept = st.session_state.get(_KEPT)
    if not isinstance(kept, Kept) or kept.wanted != wanted:
        kept = _read(wanted)
    else:
        news, position = system.feed.read(kept.position)
        ids = changed(news)
        if ids is None or len(ids) > MOST_NEWS:
            kept = _read(wanted)
        else:
            fresh = system.desk.items(ids) if ids else ()
            kept = Kept(wanted, merged(kept.items, fresh, wanted), position)
    st.session_state[_KEPT] = kept
    return aged(kept.items, session.now(), system.exchange.registry)


def changed(news: Iterable[Happening]) -> list[int] | None:
    """Ids of the items whose rows are others now; None: it cannot be told from these alone."""
    found = set()
    for one in news:
        if one.kind in _OF_ITEMS:
            found.add(int(one.object.removeprefix("knowledge/")))
        elif one.kind not in _OF_OTHERS:
            return None
    return sorted(found)


def merged(known: Iterable[Item], fresh: Iterable[Item], wanted: Wanted) -> list[Item]:
    """A list with items that are new or have changed."""
    by_id = {item.id: item for item in (*known, *fresh) if wanted.lets_through(item)}
    ordered = sorted(by_id.values(), key=lambda item: (item.refreshed_at, item.id), reverse=True)
    return ordered[: wanted.limit]


def aged(known: Iterable[Item], now: datetime, registry: Registry) -> list[Item]:
    """Items as fresh as they are now."""
    return [
        replace(item, freshness=freshness(item.refreshed_at, now, registry.decay_s(item.type))) for item in known
    ]  # fmt: skip


def _read(wanted: Wanted) -> Kept:
    system = session.system()
    # The position first: what happens in between comes twice, and is one item
    position = system.feed.end()
    return Kept(wanted, system.desk.newest(wanted.limit, wanted.types, wanted.project_id), position)
