"""`{{name}}` in a text, filled in once: a value is inserted as it is and never read as a template."""

import re
from collections.abc import Mapping

_VARIABLE = re.compile(r"\{\{\s*([a-z_][a-z0-9_]*)\s*\}\}")


def names(template: str) -> set[str]:
    """The variables that occur in a template. Other braces are plain text."""
    return set(_VARIABLE.findall(template))


def fill(template: str, texts: Mapping[str, str]) -> str:
    """`template` with each variable replaced by its text, in one pass."""
    return _VARIABLE.sub(lambda match: texts[match[1]], template).strip()
