"""Places in a JSON document: `$.changes[0].file`, `$.risks[*]`. A path leads to any number of values."""

import re
from typing import Any, Self

from pydantic import GetCoreSchemaHandler
from pydantic_core import CoreSchema, core_schema

_STEP = re.compile(r"\.([A-Za-z_][\w-]*)|\[(\d{1,6}|\*)\]")


class JSONPath(str):
    """A path. Making one of what is none raises `ValueError`."""

    __slots__ = ()

    def __new__(cls, path: str) -> Self:
        if not path.startswith("$") or _STEP.sub("", path[1:]):
            raise ValueError("is not a path like $.changes[0].file or $.risks[*]")
        return super().__new__(cls, path)

    def values_in(self, document: Any) -> list[Any]:  # noqa: ANN401 (any JSON)
        """The values it leads to, in order."""
        found = [document]
        for key, index in _STEP.findall(self):
            found = [value for each in found for value in _step(each, key, index)]
        return found

    @classmethod
    def __get_pydantic_core_schema__(cls, source: type, handler: GetCoreSchemaHandler) -> CoreSchema:
        return core_schema.no_info_after_validator_function(cls, core_schema.str_schema(max_length=500))


def _step(value: Any, key: str, index: str) -> list[Any]:  # noqa: ANN401 (any JSON)
    if key:
        return [value[key]] if isinstance(value, dict) and key in value else []
    if not isinstance(value, list):
        return []
    return value if index == "*" else value[int(index) : int(index) + 1]
