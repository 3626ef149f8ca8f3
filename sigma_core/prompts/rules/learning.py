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
    """A trial of each strategy not tried yet, for the workers that produce least in a cycle."""
    tried = {(each.get("worker"), each.get("name")) for each in records(variables, "earlier")}
    strategies = records(variables, "strategies")
    baselines = sorted(records(variables, "baselines"), key=lambda each: (_yield(each), str(each.get("worker"))))
    found = [
        {
            "worker": str(base["worker"]),
            "name": cut(str(strategy["name"]), 60),
            "hypothesis": f"{strategy['name']} lets {base['worker']} produce more than {_yield(base):.2f} a cycle.",
            "approach": f"Run it once a cycle for {base['worker']}, beside the way it works now.",
            "metric": "produced per cycle",
            "risk": str(strategy.get("risk") or "low"),
            "rollback": "Stop running it; nothing else was changed.",
        }
        for base in baselines
        for strategy in strategies
        if base.get("worker") in (strategy.get("workers") or [base.get("worker")])
        and (base.get("worker"), strategy.get("name")) not in tried
    ]
    return {"experiments": found[:MOST_EXPERIMENTS]}


def _yield(base: Any) -> float:  # noqa: ANN401 (a record)
    return number(base.get("produced")) / max(1.0, number(base.get("cycles"), 1))
