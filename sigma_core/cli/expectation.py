"""What is expected of a rule, as the commands print it."""

from typing import TYPE_CHECKING, Any, overload

if TYPE_CHECKING:
    from sigma_core.issues.tables import RuleExpectation


@overload
def expectation_document(row: "RuleExpectation") -> dict[str, Any]: ...
@overload
def expectation_document(row: None) -> None: ...
@overload
def expectation_document(row: "RuleExpectation | None") -> dict[str, Any] | None: ...
def expectation_document(row: "RuleExpectation | None") -> dict[str, Any] | None:
    """All figures, and a sentence on what they rest on; None where nothing is known."""
    from sigma_core.issues.expectation_words import worth

    if row is None:
        return None
    return {**row.model_dump(mode="json", exclude={"id", "project_id"}), "because": worth(row)}
