"""An item as rows of the graph, with Graphiti's labels and properties. Pure: the same item gives the same rows."""

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from hashlib import sha1
from typing import Any
from uuid import UUID

from sigma_core.errors import Invalid
from sigma_core.graph.facts import MAX_FACT, Attribute, Entity, Fact, plain
from sigma_core.graph.writer import GraphItem, Write
from sigma_core.text import storable

SHARED = "sigma_shared"
"""The group of what belongs to no project. FalkorDB's search takes a hyphen for the end of a word."""
GROUP_PREFIX = "sigma_"
SPACE = UUID("8f0c2f0e-52a5-5d0b-9f64-6f1f3c5a7d11")
MAX_CONTENT = 32_000

Row = Mapping[str, Any]


@dataclass(frozen=True)
class Rows:
    """What some items are in the graph. Keys of the rows are names of properties, but for `source` and `target`."""

    entities: Sequence[Row]
    episodes: Sequence[Row]
    edges: Sequence[Row]
    """Each with its attributes, which are properties beside the others."""
    mentions: Sequence[Row]


EDGE_PROPERTIES = frozenset(
    (
        *("uuid", "name", "fact", "group_id", "episodes", "created_at", "valid_at", "invalid_at", "expired_at"),
        *("certainty", "refreshed_at", "evidence_count", "sequence", "source", "target", "attributes"),
        *("fact_embedding", "reference_time"),
    )
)
"""Names that an attribute of a fact cannot have: ours, and Graphiti's."""


def group_id(project_id: int | None) -> str:
    """The group of a project."""
    return SHARED if project_id is None else f"{GROUP_PREFIX}project_{project_id}"


def project_id(group: str) -> int | None:
    """The project of a group; None for what is shared."""
    number = group.removeprefix(f"{GROUP_PREFIX}project_")
    return int(number) if number.isdecimal() else None


@lru_cache(8192)  # one item names the same ids many times
def identity(*parts: str) -> str:
    """The same parts have the same id, for ever and everywhere: their UUID of version 5, as RFC 9562 makes it."""
    # As `uuid.uuid5` does, in half of the time
    made = sha1(SPACE.bytes + json.dumps(parts).encode(), usedforsecurity=False).hexdigest()
    return f"{made[:8]}-{made[8:12]}-5{made[13:16]}-{'89ab'[int(made[16], 16) & 3]}{made[17:20]}-{made[20:32]}"


def rows(writes: Iterable[Write]) -> Rows:
    """All rows of these writes; of an item that is written more than once, those of the newest."""
    newest: dict[str, Write] = {}
    for write in writes:
        if write.item.key not in newest or newest[write.item.key].sequence < write.sequence:
            newest[write.item.key] = write
    kept = sorted(newest.values(), key=lambda write: write.item.key)
    # In one order everywhere, so that two writers of the same entities do not wait for each other in a circle
    return Rows(
        entities=_entities(kept),
        episodes=[_episode(write) for write in kept],
        edges=[edge for write in kept for edge in _edges(write)],
        mentions=[mention for write in kept for mention in _mentions(write)],
    )


def _entities(writes: Sequence[Write]) -> list[Row]:
    """Each once, with every kind it is said to be, known since the first that speaks of it."""
    found: dict[str, dict[str, Any]] = {}
    for write in writes:
        for entity in _named(write.item):
            key = _entity_id(write.item, entity)
            row = found.setdefault(
                key,
                {
                    "uuid": key,
                    "name": plain(entity.name),
                    "group_id": group_id(write.item.project_id),
                    "created_at": write.item.valid_at,
                    "kinds": [],
                    "summary": "",
                    "sequence": -1,
                },
            )
            row["kinds"] = sorted({*row["kinds"], entity.kind})
            row["created_at"] = min(row["created_at"], write.item.valid_at)
            if entity.key and row["sequence"] < write.sequence:
                row["name"], row["sequence"] = plain(entity.name), write.sequence
            row["summary"] = summary_of(row["summary"], plain(entity.summary))
    return [found[key] for key in sorted(found)]


def summary_of(one: str, other: str) -> str:
    """Which of two is kept: the same one, in whichever order they come."""
    return min(one, other) if one and other else one or other


def _episode(write: Write) -> Row:
    item = write.item
    return {
        "uuid": _episode_id(item),
        "name": item.key,
        "group_id": group_id(item.project_id),
        "source": "text" if item.text is not None else "json",
        "source_description": f"{item.type} of {item.source}",
        "content": (item.text if item.text is not None else json.dumps(dict(item.data), sort_keys=True))[:MAX_CONTENT],
        "created_at": item.valid_at,
        "valid_at": item.valid_at,
        "refreshed_at": item.refreshed_at,
        "evidence_count": item.evidence_count,
        "entity_edges": [_edge_id(item, fact) for fact in item.facts],
        "sequence": write.sequence,
    }


def _edges(write: Write) -> Iterator[Row]:
    item = write.item
    for fact in item.facts:
        yield {
            "uuid": _edge_id(item, fact),
            "source": _entity_id(item, fact.subject),
            "target": _entity_id(item, fact.object),
            "name": fact.predicate,
            "fact": fact.sentence[:MAX_FACT],
            "group_id": group_id(item.project_id),
            "episodes": _episodes(item),
            "created_at": fact.valid_at or item.valid_at,
            "valid_at": fact.valid_at or item.holds_from or item.valid_at,
            "invalid_at": _first(fact.invalid_at, item.holds_until, item.invalid_at),
            "expired_at": _first(fact.invalid_at, item.invalid_at),
            "certainty": fact.certainty,
            "attributes": _attributes(fact),
            "refreshed_at": item.refreshed_at,
            "evidence_count": item.evidence_count,
            "sequence": write.sequence,
        }


def attributes_of(properties: Row) -> dict[str, Attribute]:
    """What of an edge's properties are attributes of its fact."""
    return {name: value for name, value in properties.items() if name not in EDGE_PROPERTIES}


def _attributes(fact: Fact) -> dict[str, Attribute]:
    for name, value in fact.attributes.items():
        if name in EDGE_PROPERTIES:
            raise Invalid({f"attributes.{name}": "is a property that every fact has"})
        if not isinstance(value, str | int | float | bool):
            raise Invalid({f"attributes.{name}": "is neither text, number nor truth value"})
    texts = {name: storable(value) for name, value in fact.attributes.items() if isinstance(value, str)}
    return {**fact.attributes, **texts}


def _mentions(write: Write) -> Iterator[Row]:
    item = write.item
    for key in dict.fromkeys(_entity_id(item, entity) for entity in _named(item)):
        yield {
            "uuid": identity("mention", item.key, key),
            "source": _episode_id(item),
            "target": key,
            "group_id": group_id(item.project_id),
            "created_at": item.valid_at,
        }


def _named(item: GraphItem) -> Iterator[Entity]:
    for fact in item.facts:
        yield from (fact.subject, fact.object)
    yield from item.entities


def _first(*moments: datetime | None) -> datetime | None:
    return min((moment for moment in moments if moment is not None), default=None)


def _episodes(item: GraphItem) -> list[str]:
    told_in = [identity("episode", item.told_in)] if item.told_in else []
    return [_episode_id(item), *told_in]


def _episode_id(item: GraphItem) -> str:
    return identity("episode", item.key)


def _entity_id(item: GraphItem, entity: Entity) -> str:
    return identity("entity", group_id(item.project_id), *_names(entity))


def _edge_id(item: GraphItem, fact: Fact) -> str:
    if fact.key:
        return identity("edge", fact.key)
    return identity("edge", item.key, *_names(fact.subject), fact.predicate, *_names(fact.object))


def _names(entity: Entity) -> Sequence[str]:
    return (":", entity.key) if entity.key else (plain(entity.name),)
