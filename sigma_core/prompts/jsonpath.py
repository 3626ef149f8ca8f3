"""Places in a JSON document: `$.changes[0].file`, `$.risks[*]`. A path leads to any number of values."""

import re
from typing import Annotated, Any

from pydantic import AfterValidator, Field

_STEP = re.compile(r"\.([A-Za-z_][\w-]*)|\[(\d{1,6}|\*)\]")


def _checked(path: str) -> str:
    if not path.startswith("$") or _STEP.sub("", path[1:]):
        raise ValueError("is not a path like $.changes[0].file or $.risks[*]")
    return path


JSONPath = Annotated[str, Field(max_length=500), AfterValidator(_checked)]


def values_at(path: str, document: Any) -> list[Any]:  # noqa: ANN401 (any JSON)
    """The values that a path leads to, in order."""
    found = [document]
    for key, index in _STEP.findall(path):
        found = [value for each in found for value in _step(each, key, index)]
    return found


def _step(value: Any, key: str, index: str) -> list[Any]:  # noqa: ANN401 (any JSON)
    if key:
        return [value[key]] if isinstance(value, dict) and key in value else []
    if not isinstance(value, list):
        return []
    return value if index == "*" else value[int(index) : int(index) + 1]
