"""One score from several signals."""

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from sigma_core.graph.embeddings.hashed import HashedEmbedder


@dataclass(frozen=True)
class Weights:
    """How much each signal counts; together 1."""

    text: float
    meaning: float
    graph: float

    def times(self, weighting: "Weighting") -> "Weights":
        """With meaning and graph so many times as heavy; together 1 as before."""
        meaning, graph = self.meaning * weighting.meaning, self.graph * weighting.graph
        total = self.text + meaning + graph
        return Weights(self.text / total, meaning / total, graph / total)


class Weighting(NamedTuple):
    """How much heavier than measured a search is to take signals."""

    meaning: float = 1.0
    graph: float = 1.0


WEIGHTS = Weights(0.4, 0.45, 0.15)
"""Fixed on the tuning part of real questions, measured on the rest: see `benchmarks/recall_real.py`."""
BY_MODEL: Mapping[str, Weights] = {HashedEmbedder.model_id: Weights(0.7, 0.2, 0.1)}
BLIND = Weights(0.85, 0.0, 0.15)
"""Where a document's meaning is not known: no embedder, or no vector yet."""
LEAST_TEXT, LEAST_MEANING = 0.3, 0.6
"""What the best answer by words, and by meaning, must reach to count in full: below, no document has what is asked."""
PROMINENCE = 2.0
"""The power that lets a good answer stand out from middling ones, before its neighbours in time add to it."""
LEVEL, STEEPNESS = -3.05, 3.42
"""From how well a document fits to the chance that it answers: logistic regression over 9 360 hits of 468 questions of
the tuning part. Among hits said to answer with a chance of 7, 13, 24 and 37 in 100 it was 7, 14, 24 and 37."""


AS_MEASURED = Weighting()


class Signals(NamedTuple):
    """What speaks for a document, each 0–1. `meaning` None: it is not known."""

    text: float = 0.0
    meaning: float | None = None
    graph: float = 0.0
    words: Sequence[str] = ()
    via: Sequence[str] = ()


class Scale(NamedTuple):
    """What counts in full for one question."""

    text: float
    meaning: float


def scale(found: Iterable[Signals]) -> Scale:
    """By the best of the answers, for the same words say much in one question and little in another."""
    text, meaning = LEAST_TEXT, LEAST_MEANING
    for each in found:
        text, meaning = max(text, each.text), max(meaning, each.meaning or 0.0)
    return Scale(text, meaning)


def fused(signals: Signals, weights: Weights, of: Scale) -> float:
    """How well it fits among the answers, 0–1."""
    if signals.meaning is None:
        weights = BLIND
    meaning = (signals.meaning or 0.0) / of.meaning
    together: float = weights.text * signals.text / of.text + weights.meaning * meaning + weights.graph * signals.graph
    return float(together**PROMINENCE)


def chance(fit: float) -> float:
    """How probably a document that fits so well answers the question."""
    return 1 / (1 + math.exp(-LEVEL - STEEPNESS * fit)) if fit > 0 else 0.0


def reason(signals: Signals, beside: float, spelled: Mapping[str, str]) -> str:
    """The same for people, with figures. `beside`: what its neighbours in time add; `spelled`: the question's words."""
    said = ", ".join(sorted({spelled[each] for each in signals.words}))
    parts = [f"words {signals.text:.2f} ({said})"] if said else []
    if signals.meaning:
        parts.append(f"meaning {signals.meaning:.2f}")
    if signals.via:
        parts.append(f"graph {signals.graph:.2f} ({' → '.join(signals.via)})")
    if beside:
        parts.append(f"said beside {beside:.2f}")
    return "; ".join(parts)
