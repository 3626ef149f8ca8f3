"""Ordering what was found for a question."""

import re
from typing import Any

from sigma_core.prompts.rules.values import Variables, number, records

_WORD = re.compile(r"\w{3,}")


def context_retrieval(variables: Variables, view: str | None) -> dict[str, Any]:  # noqa: ARG001 (a rule's shape)
    """Candidates that share words with the question or fit it by the search's own score: by the greater of the share of
    its words they hold and that score, and by freshness."""
    wanted = set(_WORD.findall(str(variables["query"]).casefold()))
    ranked = []
    for each in records(variables, "candidates"):
        shared = wanted & set(_WORD.findall(str(each.get("text", "")).casefold()))
        score = min(1.0, max(0.0, number(each.get("score"))))
        fit = max(score, len(shared) / len(wanted) if wanted else 0.0)
        if fit:
            relevance = fit * (0.7 + 0.3 * min(1.0, max(0.0, number(each.get("freshness"), 1))))
            holds = f"It holds {', '.join(sorted(shared)[:8])}." if shared else f"The search scores it {score:.2f}."
            ranked.append((round(relevance, 4), str(each.get("id", "")), holds))
    ranked.sort(key=lambda item: (-item[0], item[1]))
    most = round(number(variables.get("limit"), 10))
    return {"context": [{"id": key, "relevance": fit, "why": why} for fit, key, why in ranked[:most]]}
