"""A prompt as a file: TOML between two lines `+++`, then sections that begin with a line `--- name`.

The sections are system, user, schema (JSON) and one `view NAME` for each view.
"""

import hashlib
import json
import re
import tomllib
from pathlib import Path
from typing import Any

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from sigma_core.errors import Invalid
from sigma_core.prompts.template import Prompt, Variable

_SECTION = re.compile(r"^--- ([a-z]+(?: [a-z]+)?)$", re.MULTILINE)


class _FrontMatter(BaseModel):
    model_config = ConfigDict(extra="forbid")

    title: str = Field(max_length=120)
    max_output_tokens: int = Field(gt=0, le=32_000)
    temperature: float = Field(0.0, ge=0, le=2)
    variables: dict[str, Variable]


def read_prompt(name: str, path: Path) -> Prompt:
    """The prompt in a file; its version is a digest of the file. Raises `Invalid` for a file that is no prompt."""
    content = path.read_bytes()
    try:
        _, front, body = content.decode().split("+++\n", 2)
        settings = _FrontMatter.model_validate(tomllib.loads(front))
        sections = _sections(body)
        schema: dict[str, Any] = json.loads(sections["schema"])
        system, user = sections["system"], sections["user"]
    except (ValueError, KeyError, ValidationError) as error:
        raise Invalid({name: f"is not a prompt file: {error}"}) from error
    return Prompt(
        name=name,
        version=f"builtin-{hashlib.sha256(content).hexdigest()[:12]}",
        title=settings.title,
        system=system,
        user=user,
        schema=schema,
        variables=settings.variables,
        views={key.removeprefix("view "): text for key, text in sections.items() if key.startswith("view ")},
        max_output_tokens=settings.max_output_tokens,
        temperature=settings.temperature,
    )


def _sections(body: str) -> dict[str, str]:
    _, *parts = _SECTION.split(body)
    return {name: text.strip() for name, text in zip(parts[::2], parts[1::2], strict=True)}
