"""Ordering what was found for a question."""

import re
from typing import Any

from sigma_core.prompts.rules.values import Variables, number, records

_WORD = re.compile(r"\w{3,}")


def context_retrieval(variables: Variables, view: str | None) -> dict[str, Any]:  # noqa: ARG001 (a rule's shape)
    """Candidates that share words with the question: by the share of its words they hold, and by freshness."""
    wanted = set(_WORD.findall(str(variables["query"]).casefold()))
    ranked = []
    for each in records(variables, "candidates"):
        shared = wanted & set(_WORD.findall(str(each.get("text", "")).casefold()))
        if shared:
            relevance = len(shared) / len(wanted) * (0.7 + 0.3 * min(1.0, max(0.0, number(each.get("freshness"), 1))))
            ranked.append((round(relevance, 4), str(each.get("id", "")), f"It holds {', '.join(sorted(shared)[:8])}."))
    ranked.sort(key=lambda item: (-item[0], item[1]))
    most = round(number(variables.get("limit"), 10))
    return {"context": [{"id": key, "relevance": fit, "why": why} for fit, key, why in ranked[:most]]}
