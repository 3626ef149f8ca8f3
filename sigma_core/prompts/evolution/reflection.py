"""A model rewords a text of a prompt. Its own prompt ships with SIGMA and is pinned by the digest of its file."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sigma_core.llm.model import Rendered
from sigma_core.prompts import files
from sigma_core.prompts.content import Content
from sigma_core.prompts.evolution.constraints import texts_of
from sigma_core.prompts.render import INCLUDE, VARIABLE

NAME = "prompts/reflection"
_FILE = Path(__file__).parent / "reflection.md"


@dataclass(frozen=True)
class Reworded:
    """A text in other words, and what they are for."""

    text: str
    reason: str


def question(content: Content, part: str, cases: Sequence[Mapping[str, Any]]) -> Rendered:
    """Ask for other words for one part of a prompt, by what went wrong with it."""
    text = texts_of(content)[part]
    held = dict.fromkeys(match[0] for pattern in (VARIABLE, INCLUDE) for match in pattern.finditer(text))
    return files.pinned(NAME, _FILE).render(
        part=part,
        title=content.title,
        names=list(held),
        schema=content.answer,
        text=text,
        cases=[dict(each) for each in cases],
    )
