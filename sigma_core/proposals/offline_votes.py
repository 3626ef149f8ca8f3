"""How the offline rules answer `think/committee_scoring`: a checklist for each member over its measured facts."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from sigma_core.llm.errors import RequestRefused

_Facts = Mapping[str, Any]


@dataclass(frozen=True)
class ChecklistItem:
    """One question to the facts. It is known when all that it `needs` was measured."""

    needs: frozenset[str]
    risk: str
    """What to say when it does not hold."""
    holds: Callable[[_Facts], bool]


def _check(needs: str, risk: str, holds: Callable[[_Facts], bool]) -> ChecklistItem:
    return ChecklistItem(frozenset(needs.split()), risk, holds)


CHECKLISTS: Mapping[str, tuple[ChecklistItem, ...]] = {
    "architect": (
        _check("api_removed", "Public names vanish or change.", lambda facts: not facts["api_removed"]),
        _check("api_added", "The public surface grows.", lambda facts: not facts["api_added"]),
        _check("imports_added", "It brings new imports.", lambda facts: not facts["imports_added"]),
        _check("files", "It spreads over several files.", lambda facts: facts["files"] <= 1),
    ),
    "reviewer": (
        _check("target", "The issue it is for is still there.", lambda facts: facts["target"]["gone"] is not False),
        _check("hunks", "It touches many places.", lambda facts: facts["hunks"] <= 3),
        _check(
            "accepted_before refused_before",
            "More changes like it were refused than accepted.",
            lambda facts: facts["refused_before"] <= facts["accepted_before"],
        ),
    ),
    "tester": (
        _check("newly_failed", "Tests fail that passed before.", lambda facts: facts["newly_failed"] == 0),
        _check("vanished", "Tests are gone that passed before.", lambda facts: facts["vanished"] == 0),
        _check(
            "changed_statements executed",
            "Tests do not execute all changed statements.",
            lambda facts: facts["executed"] >= facts["changed_statements"],
        ),
        _check(
            "control", "The control run proved nothing.", lambda facts: facts["control"] in {"proved", "not_needed"}
        ),
        _check("compiled_code", "The compiled code differs.", lambda facts: facts["compiled_code"] == "equal"),
        _check("equal_by_structure", "The structure differs.", lambda facts: bool(facts["equal_by_structure"])),
    ),
    "security": (
        _check("before after", "Security findings increase.", lambda facts: facts["after"] <= facts["before"]),
        _check("sinks", "Added lines call something dangerous.", lambda facts: not facts["sinks"]),
    ),
    "optimizer": (
        _check(
            "complexity_before complexity_after",
            "Complexity rises.",
            lambda facts: facts["complexity_after"] <= facts["complexity_before"],
        ),
        _check(
            "performance_before performance_after",
            "Performance findings increase.",
            lambda facts: facts["performance_after"] <= facts["performance_before"],
        ),
    ),
}


def committee_scoring(variables: Mapping[str, object], view: str | None) -> dict[str, Any]:
    """The share of checks that hold, of those whose facts are known; that share of the list is the confidence.

    It reads the prompt's `facts` and nothing else: no text of the repository can move it.
    Raises `RequestRefused` when no check's facts are known.
    """
    facts, checks = variables["facts"], CHECKLISTS[view or ""]
    known = [check for check in checks if isinstance(facts, Mapping) and check.needs <= facts.keys()]
    if not isinstance(facts, Mapping) or not known:
        raise RequestRefused(f"Nothing was measured that the {view} could judge by.")
    failed = [check.risk for check in known if not check.holds(facts)]
    return {
        "risks": failed[:5],
        "score": round(1 - len(failed) / len(known), 4),
        "confidence": round(len(known) / len(checks), 4),
        "veto": None,
    }
