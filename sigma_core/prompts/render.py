"""`{{name}}` in a text, filled in once: a value is inserted as it is and never read as a template."""

import re
from collections.abc import Mapping

VARIABLE = re.compile(r"\{\{\s*([a-z_][a-z0-9_]*)\s*\}\}")
INCLUDE = re.compile(r"\{\{>\s*([a-z0-9_]+/[a-z0-9_]+(?:/[a-z0-9_-]+)?)\s*\}\}")
_MEANT = re.compile(r"\{\{\s*([\w.]+)\s*\}\}|\{\{(>[^{}]*)\}\}")


def names(text: str) -> set[str]:
    """The variables that occur in a text. Other braces are plain text."""
    return set(VARIABLE.findall(text))


def misspelt(text: str) -> set[str]:
    """What stands in double braces like a variable or an include, but is none."""
    every = {match[0]: match[1] or match[2] for match in _MEANT.finditer(text)}
    return {what for whole, what in every.items() if not VARIABLE.fullmatch(whole) and not INCLUDE.fullmatch(whole)}


def expand(text: str, included: Mapping[str, str]) -> str:
    """The text with each `{{> reference}}` replaced by what it stands for, once."""
    return INCLUDE.sub(lambda match: included[match[1]], text)


class Template:
    """A text split once at its variables, to be filled in many times."""

    __slots__ = ("_names", "_parts")

    def __init__(self, text: str) -> None:
        self._parts = VARIABLE.split(text)
        self._names = self._parts[1::2]

    def fill(self, texts: Mapping[str, str]) -> str:
        """The text with each variable replaced by its value."""
        parts = self._parts.copy()
        parts[1::2] = map(texts.__getitem__, self._names)
        return "".join(parts)
