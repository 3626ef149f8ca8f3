"""Counting what outcomes show, and proposing to look where work is slow or fruitless."""

from collections import defaultdict
from typing import Any

from sigma_core.prompts.rules.values import Variables, cut, number, records

LEAST_CASES = 2
MOST_PATTERNS = 10
MOST_EXPERIMENTS = 3


def pattern_extraction(variables: Variables, view: str | None) -> dict[str, Any]:  # noqa: ARG001 (a rule's shape)
    """One pattern for each rule and fixer seen more than once, with its counts."""
    counts: dict[tuple[str, str], list[int]] = defaultdict(lambda: [0, 0])
    for each in records(variables, "outcomes"):
        counts[str(each.get("rule") or "outside"), str(each.get("fixer") or "unknown")][not each.get("success")] += 1
    seen = sorted(counts.items(), key=lambda item: (-sum(item[1]), item[0]))
    return {"patterns": [_pattern(*key, *count) for key, count in seen if sum(count) >= LEAST_CASES][:MOST_PATTERNS]}


def _pattern(rule: str, fixer: str, won: int, lost: int) -> dict[str, Any]:
    return {
        "name": cut(f"{fixer} fix of {rule}", 120),
        "type": "successful_fix" if won > lost else "failed_fix" if lost > won else "mixed",
        "description": f"{won} of {won + lost} such fixes were accepted.",
        "applicability": cut(f"Issues of {rule} that {fixer} can fix.", 300),
        "successes": won,
        "failures": lost,
        "confidence": round((max(won, lost) + 1) / (won + lost + 2), 3),
    }


def experiment_generation(variables: Variables, view: str | None) -> dict[str, Any]:  # noqa: ARG001 (a rule's shape)
    """Where most is at stake and least is known: the more outcomes go wrong lately, the earlier, each setting once."""
    tried = {(each.get("tunable"), str(each.get("setting"))) for each in records(variables, "earlier")}
    stakes = sorted(
        (
            (-number(each.get("units")) * (1 - number(each.get("rate"))), str(each.get("name")), each)
            for each in records(variables, "tunables")
            if number(each.get("units"))
        ),
        key=lambda item: item[:2],
    )
    found = [
        {
            "tunable": name,
            "setting": setting,
            "outcome": str(each["outcomes"][0]),
            "hypothesis": f"With {name} at {setting} instead of {each.get('now')} more is {each['outcomes'][0]} than "
            f"{100 * number(each.get('rate')):.0f} % of {number(each.get('units')):.0f}.",
        }
        for stake, name, each in stakes
        if stake < 0
        for setting in each.get("settings") or []
        if (name, str(setting)) not in tried
    ]
    return {"experiments": found[:MOST_EXPERIMENTS]}
