"""What a candidate must keep of the prompt it was made from. Pure rules of values."""

import re
from collections.abc import Iterator, Mapping
from typing import Any

from sigma_core.errors import Invalid
from sigma_core.prompts.content import Content
from sigma_core.prompts.template import Prompt

VIEW = "view "
"""Before the name of a view, in the name of its text."""
NO_CANDIDATE = "\0"
"""A text that no version can hold: whoever has nothing to propose proposes this, and it is refused unasked."""
GROWTH, ROOM = 2, 2000
"""A text may become so many times as long as it was, and so many characters longer."""

Texts = Mapping[str, str]
"""The texts of a prompt that evolve: system, user, and each view."""


def texts_of(content: Content) -> dict[str, str]:
    """What may be reworded. Variables, schema and settings are no part of it."""
    views = {f"{VIEW}{name}": text for name, text in content.views.items()}
    return {"system": content.system, "user": content.user, **views}


def reworded(content: Content, texts: Texts) -> Content:
    """The same prompt in other words. Raises `Invalid` for texts that no version can hold."""
    views = {name.removeprefix(VIEW): text for name, text in texts.items() if name.startswith(VIEW)}
    return Content.checked({**content.model_dump(), "system": texts["system"], "user": texts["user"], "views": views})


def candidate(base: Prompt, texts: Texts) -> Prompt:
    """The base in other words, ready to be asked. Raises `Invalid` naming what it lost or has in excess."""
    content = reworded(base.content, texts)
    fields = {name: "is no longer included" for name in base.content.references if name not in content.references}
    fields |= {name: "was not included" for name in content.references if name not in base.content.references}
    fields |= {f"answer.{name}": "is no longer asked for" for name in _lost(base.content, content)}
    fields |= {
        name: f"is longer than {GROWTH} times what it was and {ROOM} characters more"
        for name, text in texts_of(content).items()
        if len(text) > GROWTH * len(texts_of(base.content)[name]) + ROOM
    }
    if fields:
        raise Invalid(fields)
    version = f"v{base.number}~{content.digest[:8]}"
    return Prompt(base.name, version, content, base.included, base.template_id)


def _lost(before: Content, after: Content) -> Iterator[str]:
    """Keys that the schema demands, which the base asked for by their names and the candidate does not."""
    told, tells = ("\n".join(texts_of(each).values()) for each in (before, after))
    for name in dict.fromkeys(_demanded(before.answer)):
        named = re.compile(rf"\b{re.escape(name)}\b")
        if named.search(told) and not named.search(tells):
            yield name


def _demanded(schema: object) -> Iterator[str]:
    if isinstance(schema, Mapping):
        required: Any = schema.get("required")
        yield from (each for each in required if isinstance(each, str)) if isinstance(required, list) else ()
        for each in schema.values():
            yield from _demanded(each)
    elif isinstance(schema, list):
        for each in schema:
            yield from _demanded(each)
