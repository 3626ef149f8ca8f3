"""The graph around a question: what speaks of the entities it names, and of those one step further."""

from collections.abc import Mapping
from dataclasses import dataclass

from sqlmodel import Session

from sigma_core.recall import mentions

SEEDS = 12
"""Entities from which steps are taken."""
BRIDGES = 40
"""Documents of the first step from which the second is taken, and entities that it leads to."""
MOST_OF_ONE = 200
"""Documents looked at of one entity, the newest; of one further away a quarter."""
SECOND_STEP = 0.6
"""How much less a second step counts."""
LEADING = 0.5
"""How much less an entity counts that is not named, but is spoken of by a good answer."""


@dataclass(frozen=True)
class Near:
    """How near (0–1) a document is to a question, and by way of which entities."""

    strength: float
    via: tuple[str, ...]
    named: bool
    """The first of them stands in the question."""


def neighbours(session: Session, question: str, leads: Mapping[int, float]) -> dict[int, Near]:
    """Documents within two steps of the entities that a question names, and of those its best answers speak of.

    `leads`: good answers by other signals, with how good (0–1) they are.
    """
    named = mentions.named(session, question)
    weights = dict.fromkeys(named, 1.0)
    for document_id, entity_id in mentions.spoken_of(session, leads):
        weights[entity_id] = max(weights.get(entity_id, 0.0), LEADING * leads[document_id])
    if not weights:
        return {}
    said = mentions.specificity(session, weights)
    seeds = dict(_highest({key: weight * said.get(key, 1.0) for key, weight in weights.items()}, SEEDS))
    found: dict[int, tuple[float, tuple[int, ...]]] = {}
    for seed, strength in seeds.items():
        _reach(session, found, seed, strength, (seed,), MOST_OF_ONE)
    _second_step(session, found, seeds)
    called = mentions.names(session, {key for _, via in found.values() for key in via})
    return {
        key: Near(strength, tuple(called[each] for each in via), via[0] in named)
        for key, (strength, via) in found.items()
    }


def _second_step(session: Session, found: dict[int, tuple[float, tuple[int, ...]]], seeds: Mapping[int, float]) -> None:
    bridges = dict(_highest({key: strength for key, (strength, _) in found.items()}, BRIDGES))
    further: dict[int, tuple[float, tuple[int, ...]]] = {}
    for document_id, entity_id in mentions.spoken_of(session, bridges):
        strength, via = found[document_id]
        if entity_id not in seeds and strength > further.get(entity_id, (0.0, ()))[0]:
            further[entity_id] = (strength, (*via, entity_id))
    said = mentions.specificity(session, further)
    reached = {key: SECOND_STEP * strength * said.get(key, 1.0) for key, (strength, _) in further.items()}
    for entity_id, strength in _highest(reached, BRIDGES):
        _reach(session, found, entity_id, strength, further[entity_id][1], MOST_OF_ONE // 4)


def _reach(
    session: Session, found: dict[int, tuple[float, tuple[int, ...]]], entity_id: int, strength: float,
    via: tuple[int, ...], most: int,
) -> None:  # fmt: skip
    for document_id in mentions.speaking_of(session, entity_id, most):
        if strength > found.get(document_id, (0.0, ()))[0]:
            found[document_id] = (strength, via)


def _highest(weights: Mapping[int, float], count: int) -> list[tuple[int, float]]:
    return sorted(weights.items(), key=lambda item: (-item[1], item[0]))[:count]
