"""The graph around a question: what speaks of the entities it names, and of those one step further."""

from collections.abc import Container, Mapping
from dataclasses import dataclass
from typing import NamedTuple

from sqlmodel import Session

from sigma_core.recall import mentions

SEEDS = 12
"""Entities from which steps are taken."""
BRIDGES = 40
"""Documents of the first step from which the second is taken, and entities that it leads to."""
MOST_OF_ONE = 200
"""Documents looked at of one entity, the newest; of one further away a quarter."""
SECOND_STEP = 0.8
"""How much less a second step counts."""
LEADING = 0.25
"""How much less an entity counts that is not named, but is spoken of by a good answer."""


class Path(NamedTuple):
    """Entities on the way from a question, and how near (0–1) what speaks of the last one is."""

    strength: float
    via: tuple[int, ...]


AWAY = Path(0.0, ())


@dataclass(frozen=True)
class Near:
    """How near (0–1) a document is to a question, and by way of which entities."""

    strength: float
    via: tuple[str, ...]
    named: bool
    """The first of them stands in the question."""


def neighbours(session: Session, named: Mapping[int, str], leads: Mapping[int, float]) -> dict[int, Near]:
    """Documents within two steps of the entities that a question names, and of those its best answers speak of.

    `leads`: good answers by other signals, with how good (0–1) they are.
    """
    weights = dict.fromkeys(named, 1.0)
    for document_id, entity_id in mentions.spoken_of(session, leads):
        weights[entity_id] = max(weights.get(entity_id, 0.0), LEADING * leads[document_id])
    if not weights:
        return {}
    said = mentions.specificity(session, weights)
    seeds = dict(_highest({key: weight * said.get(key, 1.0) for key, weight in weights.items()}, SEEDS))
    found: dict[int, Path] = {}
    for seed, strength in seeds.items():
        # A good answer is not near to the question for being near to itself
        ours = () if seed in named else leads
        _reach(session, found, Path(strength, (seed,)), MOST_OF_ONE, ours)
    _second_step(session, found, named)
    called = mentions.names(session, {key for path in found.values() for key in path.via})
    return {
        key: Near(path.strength, tuple(called[each] for each in path.via), path.via[0] in named)
        for key, path in found.items()
    }


def _second_step(session: Session, found: dict[int, Path], named: Container[int]) -> None:
    bridges = dict(_highest({key: path.strength for key, path in found.items()}, BRIDGES))
    further: dict[int, Path] = {}
    for document_id, entity_id in mentions.spoken_of(session, bridges):
        path = found[document_id]
        if (
            entity_id not in named
            and entity_id not in path.via
            and path.strength > further.get(entity_id, AWAY).strength
        ):
            further[entity_id] = Path(path.strength, (*path.via, entity_id))
    said = mentions.specificity(session, further)
    reached = {key: SECOND_STEP * path.strength * said.get(key, 1.0) for key, path in further.items()}
    for entity_id, strength in _highest(reached, BRIDGES):
        _reach(session, found, Path(strength, further[entity_id].via), MOST_OF_ONE // 4)


def _reach(session: Session, found: dict[int, Path], path: Path, most: int, without: Container[int] = ()) -> None:
    for document_id in mentions.speaking_of(session, path.via[-1], most):
        if document_id not in without and path.strength > found.get(document_id, AWAY).strength:
            found[document_id] = path


def _highest(weights: Mapping[int, float], count: int) -> list[tuple[int, float]]:
    return sorted(weights.items(), key=lambda item: (-item[1], item[0]))[:count]
