"""What a fixer is: it turns an issue into a change that somebody else will judge."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any, Protocol, Self

from sigma_core.issues.finding import Edit
from sigma_core.issues.tables import Issue

Reader = Callable[[str], str]
"""The text of a file (path in the repository) at the commit in hand, line ends and byte order mark as they are.

Raises `NotFound`.
"""


@dataclass(frozen=True)
class Part:
    """One fix among those of a change: the issue it mends, the numbers of its edits in the change's diff, and what is
    said of it alone."""

    issue_id: int
    edits: tuple[int, ...]
    title: str
    description: str

    def as_json(self) -> dict[str, Any]:
        """As plain JSON, for storage."""
        return asdict(self) | {"edits": list(self.edits)}

    @classmethod
    def from_json(cls, stored: Mapping[str, Any]) -> Self:
        """Read what `as_json` has made."""
        return cls(**{**stored, "edits": tuple(stored["edits"])})


@dataclass(frozen=True)
class Fixed:
    """A proposed change. `confidence` (0-1) is the fixer's own, before anything was verified.

    `parts` are the fixes it consists of, where there are several; all are of one file.
    """

    diff: str
    title: str
    description: str
    confidence: float
    fixer: str
    prompt_version: str | None = None
    model_answer: str | None = None
    parts: tuple[Part, ...] = ()
    edits: tuple[Edit, ...] = ()
    """All that it does, to the character, where that is known: another fix of the same line can be made beside it."""


class Fixer(Protocol):
    """Writes a fix for one issue, or says None where it has none. Verification is not its concern."""

    @property
    def name(self) -> str: ...

    def fix(self, issue: Issue, read: Reader, context: Sequence[str] = ()) -> Fixed | None:
        """`context` are recalled texts (precedents, patterns), the most relevant first."""
        ...
