"""Tokens of a call: as a server counts them, estimated, or at most."""

import json
import math
from typing import NamedTuple

from sigma_core.llm.model import Rendered

_CHARACTERS_A_TOKEN = 3.5
_OVERHEAD = 2000
"""Tokens of roles, of the schema in words and of the request for a repair."""


class Tokens(NamedTuple):
    """What a call used. `cached` is a part of `input`."""

    input: int
    output: int
    cached: int = 0

    @classmethod
    def of(cls, input: int, output: int, cached: int | None) -> "Tokens":
        """What a server reported; one that counts more cached tokens than it read is not believed."""
        return cls(input, output, min(cached or 0, input))


def estimated_tokens(text: str) -> int:
    """About how many tokens a text has."""
    return math.ceil(len(text) / _CHARACTERS_A_TOKEN)


def worst_tokens(prompt: Rendered) -> Tokens:
    """More tokens than a call can use: a byte of the prompt each, and the repair sends prompt and answer once more."""
    # JSON in ASCII has no fewer bytes than the text in UTF-8
    asked = len(json.dumps([message.content for message in prompt.messages])) + len(json.dumps(dict(prompt.schema)))
    return Tokens(2 * (asked + _OVERHEAD) + prompt.max_output_tokens, 2 * prompt.max_output_tokens)
