"""What a detector is."""

from dataclasses import dataclass, field
from typing import Any, Protocol

from sigma_core.issues.finding import Found
from sigma_core.issues.source import Sources


@dataclass(frozen=True)
class Look:
    """What one detector saw: findings, and figures about the whole (JSON values)."""

    found: list[Found]
    figures: dict[str, Any] = field(default_factory=dict)


class Detector(Protocol):
    """Looks at files as text. Raises `Unavailable` when it cannot do its work: nothing found is not the same."""

    @property
    def name(self) -> str: ...

    @property
    def rules(self) -> str:
        """What it looks for, as text that changes whenever its findings may (versions, thresholds)."""
        ...

    def look(self, sources: Sources) -> Look: ...
