"""One score from several signals."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from sigma_core.graph.embeddings.hashed import HashedEmbedder


@dataclass(frozen=True)
class Weights:
    """How much each signal counts; what is not there leaves its share to the others."""

    text: float
    meaning: float
    graph: float


WEIGHTS = Weights(0.4, 0.4, 0.2)
"""Fixed on one half of the labelled questions, see `benchmarks/recall.py`."""
BY_MODEL: Mapping[str, Weights] = {HashedEmbedder.model_id: Weights(0.65, 0.15, 0.2)}


@dataclass(frozen=True)
class Signals:
    """What speaks for a document, each 0–1. `meaning` None: it is not known."""

    text: float = 0.0
    meaning: float | None = None
    graph: float = 0.0
    words: Sequence[str] = ()
    via: Sequence[str] = ()


def fused(signals: Signals, weights: Weights) -> float:
    """How well it fits, 0–1."""
    if signals.meaning is None:
        known = weights.text + weights.graph
        return (weights.text * signals.text + weights.graph * signals.graph) / known if known else 0.0
    return weights.text * signals.text + weights.meaning * signals.meaning + weights.graph * signals.graph


def told(signals: Signals) -> str:
    """The same for people, with figures."""
    parts = [f"words {signals.text:.2f} ({', '.join(sorted(signals.words))})"] if signals.words else []
    if signals.meaning:
        parts.append(f"meaning {signals.meaning:.2f}")
    if signals.via:
        parts.append(f"graph {signals.graph:.2f} ({' → '.join(signals.via)})")
    return "; ".join(parts)
