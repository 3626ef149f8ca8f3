"""What a fixer is: it turns an issue into a change that somebody else will judge."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Protocol

from sigma_core.issues.tables import Issue

Reader = Callable[[str], str]
"""The text of a file (path in the repository) at the commit in hand, line ends and byte order mark as they are.

Raises `NotFound`.
"""


@dataclass(frozen=True)
class Fixed:
    """A proposed change. `confidence` (0-1) is the fixer's own, before anything was verified."""

    diff: str
    title: str
    description: str
    confidence: float
    fixer: str
    prompt_version: str | None = None
    model_answer: str | None = None


class Fixer(Protocol):
    """Writes a fix for one issue, or says None where it has none. Verification is not its concern."""

    @property
    def name(self) -> str: ...

    def fix(self, issue: Issue, read: Reader, context: Sequence[str] = ()) -> Fixed | None:
        """`context` are recalled texts (precedents, patterns), the most relevant first."""
        ...
