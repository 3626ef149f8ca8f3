"""Reading what a server sent: nothing but what is needed of it has to be as expected.

Anything else that is odd is as if it were not there.
"""

import json
from typing import Annotated, Any

from pydantic import BeforeValidator, Field, ValidatorFunctionWrapHandler, WrapValidator


def _unless_odd(value: Any, handler: ValidatorFunctionWrapHandler) -> Any:  # noqa: ANN401 (any JSON)
    """The value as its field has it, or None."""
    try:
        return handler(value)
    except ValueError:
        return None


def _text(value: Any) -> Any:  # noqa: ANN401 (any JSON)
    """The text of a list of parts."""
    if not isinstance(value, list):
        return value
    texts = (part.get("text") for part in value if isinstance(part, dict))
    return "".join(text for text in texts if isinstance(text, str))


Optional = WrapValidator(_unless_odd)
"""Of a field that an answer is as good without."""
Tokens = Annotated[int | None, Field(ge=0, lt=2**31), Optional]
Text = Annotated[str | None, BeforeValidator(_text), Optional]


def document(body: bytes) -> Any:  # noqa: ANN401 (any JSON)
    """The JSON in a response's body, in any of Unicode's encodings. Raises `ValueError` for what is none."""
    try:
        return json.loads(body)
    except RecursionError:
        raise ValueError("nested too deeply") from None
