"""Gathers what speaks for documents: by words, by meaning, by the graph around them."""

import heapq
from collections import defaultdict
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import NamedTuple

from sqlmodel import Session

from sigma_core.recall import bm25, turns
from sigma_core.recall.bm25 import WordCounts
from sigma_core.recall.fusion import Signals, Weights, fused, scale
from sigma_core.recall.neighbourhood import Proximity, neighbours
from sigma_core.recall.query_vectors import PendingQuery, QuerySimilarity

LEADS = 10
"""Best answers by words and by meaning whose entities the graph is searched from."""
MOST_NEAR = 150
"""Documents taken from the graph alone, those first that mean what is asked."""
MOST_TURNS = 100
"""Best answers whose neighbours in time are looked at."""


@dataclass(frozen=True)
class RecallQuestion:
    """What is asked, and of what.

    `spelled` are its words as they are looked for and as they stand in it, `named` the entities that it names;
    `pool`: how many documents each signal may bring.
    """

    spelled: Mapping[str, str]
    named: Mapping[int, str]
    project_id: int | None
    pool: int


class Fit(NamedTuple):
    """What speaks for a document, and how well it fits among the others."""

    signals: Signals
    fit: float
    beside: float = 0.0
    """Of that, what its neighbours in time add."""


def gather(
    session: Session, question: RecallQuestion, asked: PendingQuery | None, counts: WordCounts, weights: Weights
) -> dict[int, Fit]:
    """By document, what speaks for it and for what was said around it."""
    rarity, occurring = counts.rarities(session, list(question.spelled))
    rare = {each: rarity[each] for each in bm25.rarest(occurring)}
    ids = set(bm25.best(session, rare, project_id=question.project_id, limit=question.pool) if rare else ())
    meaning = asked.meaning() if asked else None
    if meaning:
        ids |= set(meaning.nearest(question.pool))
    found = _by_words(session, ids, rarity, meaning)
    near = neighbours(session, question.named, _leads(found))
    further = _nearest(near, ids, meaning, weights)
    found |= _by_words(session, further, rarity, meaning)
    if meaning:
        found = _beyond(found, near, meaning)
    found = {id_: _with(each, near.get(id_)) for id_, each in found.items()}
    of = scale(found.values())
    fits = {id_: fused(each, weights, of) for id_, each in found.items()}
    beside = turns.around(session, heapq.nlargest(MOST_TURNS, fits, key=lambda id_: (fits[id_], id_)))
    said = {other for some in beside.values() for other, _ in some} - found.keys()
    for id_, each in _by_words(session, said, rarity, meaning).items():
        found[id_], fits[id_] = each, fused(each, weights, of)
    shares = defaultdict[int, float](float)
    for id_, some in beside.items():
        for other, share in some:
            shares[other] += share * fits[id_]
    return {id_: Fit(each, fits[id_] + shares[id_], shares[id_]) for id_, each in found.items()}


def _beyond(
    found: Mapping[int, Signals], near: Mapping[int, Proximity], meaning: QuerySimilarity
) -> dict[int, Signals]:
    """What is two steps away does not speak of what is named: it is compared with the rest of the question too."""
    away = {id_ for id_ in found if id_ in near and near[id_].named and len(near[id_].via) > 1}
    means = meaning.with_rest(away)
    return {
        id_: each._replace(meaning=max(each.meaning or 0.0, means[id_])) if id_ in means else each
        for id_, each in found.items()
    }


def _by_words(
    session: Session, ids: Collection[int], rarity: Mapping[str, float], meaning: QuerySimilarity | None
) -> dict[int, Signals]:
    fits, matched = bm25.fits(session, ids, rarity)
    means: Mapping[int, float] = meaning.of(ids) if meaning else {}
    return {id_: Signals(fits.get(id_, 0.0), means.get(id_), words=matched.get(id_, ())) for id_ in ids}


def _leads(found: Mapping[int, Signals]) -> dict[int, float]:
    good = {id_: max(each.text, each.meaning or 0.0) for id_, each in found.items()}
    return {id_: good[id_] for id_ in heapq.nlargest(LEADS, good, key=lambda id_: (good[id_], id_))}


def _nearest(
    near: Mapping[int, Proximity], known: set[int], meaning: QuerySimilarity | None, weights: Weights
) -> list[int]:
    others = near.keys() - known
    means: Mapping[int, float] = meaning.of(others) if meaning else {}
    # Beside a good answer there is much that has nothing to do with the question
    others = {id_ for id_ in others if near[id_].named or means.get(id_, 0.0) > 0}
    hopeful = {id_: Signals(meaning=means.get(id_), graph=near[id_].strength) for id_ in others}
    hope = {id_: fused(each, weights, scale(())) for id_, each in hopeful.items()}
    return heapq.nlargest(MOST_NEAR, others, key=lambda id_: (hope[id_], id_))


def _with(signals: Signals, near: Proximity | None) -> Signals:
    if near is None:
        return signals
    return Signals(signals.text, signals.meaning, near.strength, signals.words, near.via)
