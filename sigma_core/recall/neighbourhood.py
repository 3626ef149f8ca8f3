"""The graph around a question: what speaks of the entities it names, and of those one step further."""

from collections.abc import Container, Iterator, Mapping
from typing import NamedTuple

from sqlmodel import Session

from sigma_core.recall import entity_index

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


class Proximity(NamedTuple):
    """How near (0–1) a document is to a question, and by way of which entities."""

    strength: float
    via: tuple[str, ...]
    named: bool
    """The first of them stands in the question."""


def neighbours(session: Session, named: Mapping[int, str], leads: Mapping[int, float]) -> dict[int, Proximity]:
    """Documents within two steps of the entities that a question names, and of those its best answers speak of.

    `leads`: good answers by other signals, with how good (0–1) they are.
    """
    weights = dict.fromkeys(named, 1.0)
    for document_id, entity_id in entity_index.spoken_of(session, leads):
        weights[entity_id] = max(weights.get(entity_id, 0.0), LEADING * leads[document_id])
    if not weights:
        return {}
    found: dict[int, Path] = {}
    starts = {key: Path(weight, (key,)) for key, weight in weights.items()}
    for document_id, path in _reached(session, starts, SEEDS, MOST_OF_ONE):
        # A good answer is not near to the question for being near to itself
        if path.via[0] in named or document_id not in leads:
            _keep(found, document_id, path)
    _second_step(session, found, named)
    called = entity_index.names(session, {key for path in found.values() for key in path.via})
    return {
        key: Proximity(path.strength, tuple(called[each] for each in path.via), path.via[0] in named)
        for key, path in found.items()
    }


def _second_step(session: Session, found: dict[int, Path], named: Container[int]) -> None:
    bridges = dict(_highest({key: path.strength for key, path in found.items()}, BRIDGES))
    further: dict[int, Path] = {}
    for document_id, entity_id in entity_index.spoken_of(session, bridges):
        path = found[document_id]
        if (
            entity_id not in named
            and entity_id not in path.via
            and path.strength > further.get(entity_id, AWAY).strength
        ):
            further[entity_id] = Path(path.strength, (*path.via, entity_id))
    for document_id, path in _reached(session, further, BRIDGES, MOST_OF_ONE // 4):
        _keep(found, document_id, Path(SECOND_STEP * path.strength, path.via))


def _reached(session: Session, paths: Mapping[int, Path], count: int, most: int) -> Iterator[tuple[int, Path]]:
    """Documents that speak of the entities which say most, each with the way to it."""
    degrees = entity_index.degrees(session, paths)
    strengths = {key: path.strength * entity_index.specificity(degrees[key]) for key, path in paths.items()}
    chosen = dict(_highest(strengths, count))
    for entity_id, document_id in entity_index.speaking_of(session, {key: degrees[key] for key in chosen}, most):
        yield document_id, Path(chosen[entity_id], paths[entity_id].via)


def _keep(found: dict[int, Path], document_id: int, path: Path) -> None:
    if path.strength > found.get(document_id, AWAY).strength:
        found[document_id] = path


def _highest(weights: Mapping[int, float], count: int) -> list[tuple[int, float]]:
    return sorted(weights.items(), key=lambda item: (-item[1], item[0]))[:count]
