"""What a detector says: a finding in one place, and the edit that would mend it."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from enum import StrEnum
from typing import Any, Literal, Self

from sigma_core.issues.tables import Severity

Applicability = Literal["safe", "unsafe"]


class RuleChoice(StrEnum):
    """What a project's own configuration says of a rule in a file. Without a configuration there is none."""

    SELECTED = "selected"
    UNSELECTED = "unselected"
    """Neither selected nor ignored."""
    IGNORED = "ignored"
    """By name, for this file, at this line, or with the whole file."""


@dataclass(frozen=True, order=True)
class Edit:
    """Replace the text between two places by `content`.

    Lines and columns count from 1, columns in characters (a byte order mark is not counted); the end is exclusive.
    """

    start_line: int
    start_col: int
    end_line: int
    end_col: int
    content: str


@dataclass(frozen=True)
class Fix:
    """A detector's own fix: edits that belong together, and what they do in words.

    `safe`: the detector states that behaviour is kept. `unsafe`: it may change.
    """

    applicability: Applicability
    edits: tuple[Edit, ...]
    message: str

    def as_json(self) -> dict[str, Any]:
        """As plain JSON, for storage."""
        return asdict(self) | {"edits": [asdict(edit) for edit in self.edits]}

    @classmethod
    def from_json(cls, stored: Mapping[str, Any]) -> Self:
        """Read what `as_json` has made."""
        edits = tuple(Edit(**edit) for edit in stored["edits"])
        return cls(stored["applicability"], edits, stored["message"])


@dataclass(frozen=True)
class Found:
    """One finding. Lines and `column` count from 1, `end_line` is included; `file` is relative to the tree.

    `fingerprint` is empty until all findings of a file are known (equal ones are numbered).
    """

    detector: str
    rule: str
    family: str
    severity: Severity
    file: str
    line: int
    end_line: int
    message: str
    column: int = 1
    fix: Fix | None = None
    fingerprint: str = ""
    place: tuple[str, ...] = ()
    """What the fingerprint is made of beside the path: known with it."""
    symbol: str = ""
    """Qualified name of the definition around it: known with the fingerprint."""
    called: str = ""
    """What the rule's code stands for in words, where the detector says so."""
    choice: RuleChoice | None = None
    """What the project's configuration says of the rule here; None where it has none for this file."""
