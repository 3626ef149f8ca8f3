"""From a model's text to data that fits the schema."""

import json
import re
from collections.abc import Iterator
from typing import Any, NoReturn

from sigma_core.llm.errors import BadAnswer
from sigma_core.llm.model import ModelAnswer, Schema
from sigma_core.text import is_storable

_FENCED = re.compile(r"```(?:json)?\s*(.*?)```", re.DOTALL)
_MOST_PROBLEMS = 5
_BRACKETS = frozenset("{}[]")


def _refuse_constant(name: str) -> NoReturn:
    raise ValueError(name)


_DECODER = json.JSONDecoder(parse_constant=_refuse_constant)


def parse(answer: ModelAnswer, schema: Schema) -> Any:  # noqa: ANN401 (the schema says what it is)
    """The JSON document in the answer's text, alone, in a code fence or with words after it.

    Raises `BadAnswer` for an answer that is not whole, and naming each place that does not fit the schema.
    """
    from jsonschema import Draft202012Validator

    if answer.problem:
        raise BadAnswer(answer.problem)
    document = _document(answer.text)
    errors = Draft202012Validator(schema).iter_errors(document)
    problems = sorted(_problem(error.absolute_path, error.message) for error in errors)
    if problems:
        raise BadAnswer("; ".join(problems[:_MOST_PROBLEMS]))
    if not all(is_storable(string) for string in _strings(document)):
        raise BadAnswer("a string holds characters that are not text")
    return document


def _document(text: str) -> Any:  # noqa: ANN401 (any JSON)
    """The document that the text begins with, else that in its first fence. What follows it may be words only."""
    fenced = _FENCED.search(text)
    for candidate in (text, fenced[1]) if fenced else (text,):
        try:
            document, end = _DECODER.raw_decode(candidate.lstrip())
        except (ValueError, RecursionError):
            continue
        if not _BRACKETS & set(candidate.lstrip()[end:]):
            return document
    raise BadAnswer("it is not JSON" if text.strip() else "it is empty")


def _problem(path: Any, message: str) -> str:  # noqa: ANN401 (a deque of keys and indices)
    place = "".join(f"[{part}]" if isinstance(part, int) else f".{part}" for part in path).lstrip(".")
    return f"{place or 'answer'}: {message[:200]}"


def _strings(document: Any) -> Iterator[str]:  # noqa: ANN401 (any JSON)
    if isinstance(document, str):
        yield document
    elif isinstance(document, dict):
        for key, value in document.items():
            yield key
            yield from _strings(value)
    elif isinstance(document, list):
        for value in document:
            yield from _strings(value)
