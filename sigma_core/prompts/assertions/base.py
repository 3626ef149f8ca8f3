"""One demand of a test."""

from abc import abstractmethod
from typing import Any, ClassVar

from pydantic import BaseModel, ConfigDict

from sigma_core.prompts.test_result import Reply


class Assertion(BaseModel):
    """One demand."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    kind: str
    needs_model: ClassVar[bool] = False
    wants_error: ClassVar[bool] = False

    @abstractmethod
    def check(self, reply: Reply) -> str | None:
        """What is wrong with the reply; None when the demand holds."""

    def stored(self) -> dict[str, Any]:
        """As plain JSON."""
        return {"kind": self.kind, **self.model_dump(mode="json", exclude_defaults=True)}
