"""A test of a prompt: what it is rendered with, and what must hold of the answer."""

import hashlib
import json
from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from sigma_core.errors import Invalid
from sigma_core.prompts.assertions import AnyAssertion


class PromptTestCase(BaseModel):
    """One case. Off, it is counted as skipped and blocks nothing."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    name: Annotated[str, Field(min_length=1, max_length=120, pattern=r"^\S(?:[^\r\n]*\S)?$")]
    view: str | None = None
    inputs: dict[str, Any] = {}
    assertions: tuple[AnyAssertion, ...] = Field((), description="All must hold, beside the prompt's own schema.")
    enabled: bool = True

    @classmethod
    def checked(cls, data: object) -> "PromptTestCase":
        """The case that this plain data says. Raises `Invalid`, which names the fields."""
        try:
            return cls.model_validate(data)
        except ValidationError as error:
            raise Invalid({".".join(map(str, e["loc"])) or "test": e["msg"] for e in error.errors()}) from None

    @property
    def digest(self) -> str:
        """The same for the same case, on or off."""
        case = {key: value for key, value in self.stored().items() if key != "enabled"}
        return hashlib.sha256(json.dumps(case, sort_keys=True).encode()).hexdigest()

    def stored(self) -> dict[str, Any]:
        """All but the name, as plain JSON, without what is as usual."""
        kept = self.model_dump(exclude={"name", "assertions"}, exclude_defaults=True)
        return {**kept, "assertions": [each.stored() for each in self.assertions]}
