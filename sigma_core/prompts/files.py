"""A prompt as a file: TOML between two lines `+++`, then sections that begin with a line `--- name`.

The sections are system, user, schema (JSON), one `view NAME` for each view and one `test NAME` (JSON) for each test.
A line of a text that would begin a section is written with a backslash before it.
"""

import json
import re
import tomllib
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from sigma_core.errors import Invalid
from sigma_core.prompts.builtin_changes import digest
from sigma_core.prompts.content import Content
from sigma_core.prompts.template import Prompt
from sigma_core.prompts.test_cases import PromptTestCase
from sigma_core.prompts.variables import Variable

_SECTION = re.compile(r"^--- ([a-z]+(?: .+)?)$", re.MULTILINE)
_ESCAPED = re.compile(r"^\\(\\*--- )", re.MULTILINE)
_TO_ESCAPE = re.compile(r"^(\\*--- )", re.MULTILINE)
_JSON_DEFAULTS = ("json", "list")
_KNOWN = {"system", "user", "schema"}


class PromptFile(BaseModel):
    """All that a file holds."""

    model_config = ConfigDict(frozen=True)

    description: str = ""
    tags: tuple[str, ...] = ()
    content: Content
    cases: tuple[PromptTestCase, ...] = ()


class _FrontMatter(BaseModel):
    model_config = ConfigDict(extra="forbid")

    title: str = ""
    description: str = Field("", max_length=2000)
    tags: list[str] = []
    max_output_tokens: int = 1000
    temperature: float = 0.0
    variables: dict[str, dict[str, Any]] = {}


def pinned(name: str, path: Path) -> Prompt:
    """A prompt that ships with SIGMA and is in no library: its version is a digest of its file."""
    file = path.read_bytes()
    return Prompt(name, f"builtin-{digest(file)[:12]}", read(name, file).content)


def read(name: str, file: bytes) -> PromptFile:
    """The prompt in a file. Raises `Invalid` for a file that is no prompt."""
    try:
        _, front, body = file.decode().replace("\r\n", "\n").split("+++\n", 2)
        settings = _FrontMatter.model_validate(tomllib.loads(front))
        sections = dict(_sections(body))
        schema: Any = json.loads(sections.get("schema", "{}"))
        variables = {key: _variable(fields) for key, fields in settings.variables.items()}
        user = sections["user"]
    except KeyError as error:
        raise Invalid({name: f"is not a prompt file: it has no section {error}"}) from None
    except (ValueError, TypeError) as error:
        raise Invalid({name: f"is not a prompt file: {error}"}) from None
    content = Content.checked(
        {
            "title": settings.title,
            "system": sections.get("system", ""),
            "user": user,
            "answer": schema,
            "views": {key[5:]: text for key, text in sections.items() if key.startswith("view ")},
            "variables": variables,
            "max_output_tokens": settings.max_output_tokens,
            "temperature": settings.temperature,
        }
    )
    cases = (_case(name, key[5:], text) for key, text in sections.items() if key.startswith("test "))
    return PromptFile(description=settings.description, tags=tuple(settings.tags), content=content, cases=tuple(cases))


def write(prompt: PromptFile) -> bytes:
    """The file: the same prompt always gives the same bytes."""
    content = prompt.content
    lines = ["+++", f"title = {_toml(content.title)}"]
    if prompt.description:
        lines.append(f"description = {_toml(prompt.description)}")
    if prompt.tags:
        lines.append(f"tags = [{', '.join(map(_toml, prompt.tags))}]")
    lines += [f"max_output_tokens = {content.max_output_tokens}", f"temperature = {float(content.temperature)!r}"]
    for name, variable in content.variables.items():
        lines += ["", f"[variables.{name}]", *_settings(variable)]
    parts = [*lines, "+++", "--- system", _escaped(content.system), "--- user", _escaped(content.user)]
    for name, text in content.views.items():
        parts += [f"--- view {name}", _escaped(text)]
    parts += ["--- schema", _json(content.answer)]
    for case in prompt.cases:
        parts += [f"--- test {case.name}", _json(case.stored())]
    return ("\n".join(parts) + "\n").encode()


def _sections(body: str) -> Iterator[tuple[str, str]]:
    before, *parts = _SECTION.split(body)
    names = parts[::2]
    wrong = [name for name in names if name not in _KNOWN and not name.startswith(("view ", "test "))]
    if before.strip() or wrong or len(set(names)) < len(names):
        what = before.strip()[:40] or (wrong or names)[0]
        raise ValueError(f"{what!r} stands where no such section may be, or stands there twice")
    for name, text in zip(names, parts[1::2], strict=True):
        yield name, _ESCAPED.sub(r"\1", text)


def _variable(fields: Mapping[str, Any]) -> dict[str, Any]:
    given = dict(fields)
    if given.get("type") in _JSON_DEFAULTS and isinstance(given.get("default"), str):
        given["default"] = json.loads(given["default"])
    return given


def _case(name: str, title: str, text: str) -> PromptTestCase:
    try:
        return PromptTestCase.model_validate({"name": title, **json.loads(text)})
    except (ValidationError, ValueError, TypeError) as error:
        raise Invalid({f"{name}, test {title}": str(error)}) from None


def _settings(variable: Variable) -> Iterator[str]:
    for key, value in variable.model_dump(exclude_defaults=True).items():
        as_text = key == "default" and variable.type in _JSON_DEFAULTS
        yield f"{key} = {_toml(json.dumps(value, sort_keys=True) if as_text else value)}"


def _toml(value: object) -> str:
    if isinstance(value, str):
        # TOML's basic strings are JSON's, but for this one character
        return json.dumps(value, ensure_ascii=False).replace("\x7f", "\\u007f")
    return json.dumps(value)


def _json(value: object) -> str:
    return json.dumps(value, indent=2, sort_keys=True, ensure_ascii=False)


def _escaped(text: str) -> str:
    return _TO_ESCAPE.sub(r"\\\1", text)
