"""One score from several signals."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from sigma_core.graph.embeddings.hashed import HashedEmbedder


@dataclass(frozen=True)
class Weights:
    """How much each signal counts; together 1. `sharpness`: the power by which few of a question's words say little."""

    text: float
    meaning: float
    graph: float
    sharpness: float = 1.0


WEIGHTS = Weights(0.1, 0.7, 0.2, sharpness=3.0)
"""Fixed on one half of the labelled questions and measured on the other: see `benchmarks/recall.py`."""
BY_MODEL: Mapping[str, Weights] = {HashedEmbedder.model_id: Weights(0.65, 0.15, 0.2)}
BLIND = Weights(0.7, 0.0, 0.3)
"""Where a document's meaning is not known: no embedder, or no vector yet."""


class Signals(NamedTuple):
    """What speaks for a document, each 0–1. `meaning` None: it is not known."""

    text: float = 0.0
    meaning: float | None = None
    graph: float = 0.0
    words: Sequence[str] = ()
    via: Sequence[str] = ()


def fused(signals: Signals, weights: Weights) -> float:
    """How well it fits, 0–1."""
    if signals.meaning is None:
        weights = BLIND
    text: float = signals.text**weights.sharpness
    return weights.text * text + weights.meaning * (signals.meaning or 0.0) + weights.graph * signals.graph


def reason(signals: Signals) -> str:
    """The same for people, with figures."""
    parts = [f"words {signals.text:.2f} ({', '.join(sorted(signals.words))})"] if signals.words else []
    if signals.meaning:
        parts.append(f"meaning {signals.meaning:.2f}")
    if signals.via:
        parts.append(f"graph {signals.graph:.2f} ({' → '.join(signals.via)})")
    return "; ".join(parts)
