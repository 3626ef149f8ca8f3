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
    assert sentence("decision_outcome", {"decision": "decision/5", "learning": "x", **told}) == f"Decision/5 {said}: x"
