"""Judging an issue and a change by what was measured."""

from collections.abc import Callable, Mapping
from pathlib import PurePosixPath
from typing import Any

from sigma_core.prompts.rules.values import Variables, cut, facts, number

SEVERITIES = ("info", "warning", "error", "critical")
FREQUENT = 10
"""Findings of one rule from which it is worth more attention than one of its kind."""


def issue_assessment(variables: Variables, view: str | None) -> dict[str, Any]:  # noqa: ARG001 (a rule's shape)
    """The linter's severity, one less in tests; the priority follows severity and frequency."""
    found, path = str(variables["severity"]), PurePosixPath(str(variables["file"]))
    rank = SEVERITIES.index(found) if found in SEVERITIES else 1
    in_tests = any(part in {"tests", "test"} for part in path.parts) or path.name.startswith("test_")
    reasons = [f"The linter reports {variables['rule']} as {found}"]
    if in_tests and rank:
        rank -= 1
        reasons.append("it stands in test code")
    count = number(variables.get("occurrences"), 1)
    often = count >= FREQUENT
    if often:
        reasons.append(f"there are {count:.0f} of its kind")
    return {
        "severity": SEVERITIES[rank],
        "priority": round(min(1.0, rank / 4 + (0.25 if often else 0.125)), 3),
        "reason": cut(", ".join(reasons) + ".", 500),
        "confidence": 1.0 if found in SEVERITIES else 0.0,
    }


_Risk = tuple[str, str, Callable[[Mapping[str, Any]], bool]]
_RISKS: tuple[_Risk, ...] = (
    ("high", "Tests fail that passed before.", lambda f: number(f.get("newly_failed")) > 0),
    ("high", "Tests are gone that passed before.", lambda f: number(f.get("vanished")) > 0),
    ("high", "Added lines call something dangerous.", lambda f: bool(f.get("sinks"))),
    ("high", "Public names vanish or change.", lambda f: bool(f.get("api_removed"))),
    (
        "medium",
        "Tests do not execute all changed statements.",
        lambda f: number(f.get("executed")) < number(f.get("changed_statements")),
    ),
    ("medium", "It spreads over several files.", lambda f: number(f.get("files"), 1) > 1),
    ("medium", "It brings new imports.", lambda f: bool(f.get("imports_added"))),
)
_CURES = {"high": "A person looks at it before it is applied.", "medium": "Apply it alone and watch the next runs."}


def risk_assessment(variables: Variables, view: str | None) -> dict[str, Any]:  # noqa: ARG001 (a rule's shape)
    """The worst of the risks that the facts show, and those known from earlier changes of the same rule."""
    measured = facts(variables, "facts")
    shown = [(level, risk) for level, risk, holds in _RISKS if holds(measured)]
    known = variables.get("known_risks")
    shown += [
        ("medium", cut(f"Known from earlier changes: {each['pattern']}.", 300))
        for each in (known if isinstance(known, list | tuple) else ())
        if isinstance(each, Mapping) and each.get("pattern")
    ]
    level = next((worst for worst in ("high", "medium") if any(at == worst for at, _ in shown)), "low")
    names = {
        "newly_failed",
        "vanished",
        "sinks",
        "api_removed",
        "executed",
        "changed_statements",
        "files",
        "imports_added",
    }
    return {
        "level": level,
        "risks": [risk for _, risk in shown][:8],
        "mitigations": [_CURES[level]] if level in _CURES else [],
        "confidence": round(len(names & measured.keys()) / len(names), 3),
    }
