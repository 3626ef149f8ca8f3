"""Recall's context model: what was told to be the context of a question ranks higher when it is asked."""

from collections.abc import Collection
from dataclasses import dataclass

from sigma_core.exchange.items import ValuedItem
from sigma_core.recall.words import words
from sigma_core.workers.received_knowledge import ReceivedKnowledge


@dataclass(frozen=True)
class ContextModel:
    """Knows what others found relevant."""

    received: ReceivedKnowledge

    def __call__(self, spellings: Collection[str]) -> dict[str, float]:
        """How much (0–1) each document, by the id of its hits, was found relevant to a question of these words.

        Relevance × freshness × trust of the context that says so; of several the most.
        """
        asked, lifts = set(spellings), dict[str, float]()
        for subject, items in self.received.about("context_enrichment").items():
            if asked >= set(words(subject.removeprefix("rule "))):
                for item in items:
                    for hit in _hits_in(item):
                        lifts[hit] = max(lifts.get(hit, 0.0), item.data["relevance"] * item.weight)
        return lifts


def _hits_in(item: ValuedItem) -> list[str]:
    enrichment = item.data["enrichment"]
    found = enrichment.get("found") if isinstance(enrichment, dict) else None
    return [hit for hit in found if isinstance(hit, str)] if isinstance(found, list) else []
