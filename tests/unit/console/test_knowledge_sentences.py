"""What an item of knowledge says, in one line."""

import pytest

from sigma_core.console.knowledge.sentences import sentence


@pytest.mark.parametrize(
    ("told", "said"),
    [
        ({"success": True}, "succeeded"),
        ({"success": False, "outcome": "rejected"}, "failed"),
        ({"success": False, "outcome": "undecided"}, "is undecided"),
        # Before these were told apart
        ({"success": False}, "was not approved"),
    ],
)
def test_an_outcome_is_told_as_no_more_than_is_known_of_it(told: dict[str, object], said: str) -> None:
    assert sentence("decision_outcome", {"decision": "decision/5", "learning": "x", **told}) == f"Decision 5 {said}: x"


@pytest.mark.parametrize(
    ("type_name", "data", "said"),
    [
        (
            "successful_fix",
            {"pattern": "linter_safe fix of F401", "issue_type": "F401", "improvement": 0.94},
            "Safe linter fix of F401 works, improvement 0.94",
        ),
        (
            "risk_pattern",
            {"pattern": "linter_unsafe fixes of B006", "severity": "info", "confidence": 0.8},
            "Unsafe linter fixes of B006, severity info, confidence 0.80",
        ),
        (
            "pattern_evolution",
            {"pattern": "linter_unsafe fix of B006", "trend": "unknown", "confidence": 0.5},
            "Unsafe linter fix of B006 is of unknown trend, confidence 0.50",
        ),
        (
            "context_enrichment",
            {"context_type": "rule S608", "enrichment": {"found": ["knowledge/5"], "text": "two such issues"}},
            "Rule S608: two such issues",
        ),
        (
            "context_enrichment",
            {
                "context_type": "rule S602",
                "enrichment": {
                    "text": "issue pattern: issue type S602; severity error; frequency 2.0; impact a call with "
                    "`shell=True`; a security issue; called subprocess popen"
                },
            },
            "Rule S602: error, 2 times: a call with `shell=True`; a security issue",
        ),
        (
            "issue_pattern",
            {"issue_type": "F401", "severity": "info", "frequency": 1.0, "impact": "Unused."},
            "F401, info, once: Unused.",
        ),
    ],
)
def test_what_machines_name_is_said_in_words(type_name: str, data: dict[str, object], said: str) -> None:
    assert sentence(type_name, data) == said
