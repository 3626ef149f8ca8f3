"""Patterns as a file that a person can read and another project can take: TOML, strict when it is read.

A file holds templates, conditions and counts, and no sentence of anybody: whoever reads it is told nothing but code.
"""

import json
import tomllib
from collections.abc import Iterable, Iterator, Mapping
from datetime import date
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, ValidationError

from sigma_core.errors import Invalid
from sigma_core.learning.patterns.templates import LONGEST, CodeTemplate, template

FORMAT = 1
MOST_BYTES, MOST_SKILLS = 1_000_000, 500
MOST_COUNT = 1_000_000
_NAME = r"[A-Za-z_][A-Za-z0-9_]*(\.[A-Za-z_][A-Za-z0-9_]*)*"
_HEAD = """\
# What fixes replaced, as SIGMA saw it: `$1`, `$2` … stand for whatever was there.
# Take it into another project: sigma pattern import FILE --project P
"""


def _readable(text: str) -> str:
    try:
        return template(text).text
    except Invalid as error:
        raise ValueError(str(error)) from None


def _plain(value: Any) -> Any:  # noqa: ANN401 (TOML)
    if not isinstance(value, str | int | float | bool) or len(str(value)) > 200:
        raise ValueError("is not a text, number or truth value")
    return value


Code = Annotated[str, Field(min_length=1, max_length=LONGEST), AfterValidator(_readable)]
Count = Annotated[int, Field(ge=0, le=MOST_COUNT, strict=True)]


Glob = Annotated[str, Field(min_length=1, max_length=200, pattern=r"^[^\s\x00-\x1f]+$")]
Import = Annotated[str, Field(max_length=200, pattern=rf"^{_NAME}(:{_NAME})?$")]


class SkillConditions(BaseModel):
    """Where it applies."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    rule: Annotated[str, Field(max_length=80, pattern=r"^[A-Za-z][A-Za-z0-9_-]*$")] | None = None
    files: list[Glob] = Field([], max_length=20)
    imports: list[Import] = Field([], max_length=20)
    python: Annotated[int, Field(ge=0, le=99, strict=True)] | None = None
    configuration: dict[
        Annotated[str, Field(max_length=200, pattern=r"^[A-Za-z0-9_.-]+$")], Annotated[Any, AfterValidator(_plain)]
    ] = Field({}, max_length=20)


class SkillEvidence(BaseModel):
    """How often it was seen, and how often that lasted."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    lasted: Count
    undone: Count
    commits: Count = 0
    fixes: Count = 0
    first: date | None = None
    last: date | None = None


class Skill(BaseModel):
    """One pattern."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    before: Code
    after: Code
    where: SkillConditions = SkillConditions()
    evidence: SkillEvidence

    @property
    def templates(self) -> tuple[CodeTemplate, CodeTemplate]:
        """Both sides."""
        return template(self.before), template(self.after)


class _File(BaseModel):
    model_config = ConfigDict(extra="forbid")

    sigma_skills: Literal[1]
    skill: list[Skill] = Field(min_length=1, max_length=MOST_SKILLS)


def read_skills(content: bytes) -> list[Skill]:
    """The patterns of a file. Raises `Invalid` naming the first things that are wrong."""
    if len(content) > MOST_BYTES:
        raise Invalid({"file": f"is larger than {MOST_BYTES // 1000} kB"})
    try:
        data = tomllib.loads(content.decode())
    except (ValueError, RecursionError) as error:
        raise Invalid({"file": f"is not TOML: {str(error)[:200]}"}) from None
    try:
        skills = _File.model_validate(data).skill
    except ValidationError as error:
        wrong = error.errors(include_url=False, include_input=False)[:10]
        raise Invalid({".".join(map(str, each["loc"])) or "file": each["msg"] for each in wrong}) from None
    for number, each in enumerate(skills):
        if each.before == each.after:
            raise Invalid({f"skill.{number}.after": "is what is to be replaced"})
    return skills


def write_skills(skills: Iterable[Skill]) -> str:
    """The file; the same patterns always give the same text."""
    return "\n".join([_HEAD, f"sigma_skills = {FORMAT}", *(line for each in skills for line in _block(each))]) + "\n"


def _block(skill: Skill) -> Iterator[str]:
    yield from ("", "[[skill]]", f"before = {_toml(skill.before)}", f"after = {_toml(skill.after)}")
    where = {name: value for name, value in skill.where.model_dump().items() if value not in (None, [], {})}
    if where:
        yield from ("", "[skill.where]", *_table(where))
    told = {name: value for name, value in skill.evidence.model_dump().items() if value is not None}
    yield from ("", "[skill.evidence]", *_table(told))


def _table(values: Mapping[str, Any]) -> Iterator[str]:
    for name, value in values.items():
        if isinstance(value, dict):
            pairs = ", ".join(f"{_toml(key)} = {_toml(each)}" for key, each in sorted(value.items()))
            yield f"{name} = {{ {pairs} }}"
        else:
            yield f"{name} = {_toml(value)}"


def _toml(value: object) -> str:
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, list):
        return f"[{', '.join(map(_toml, value))}]"
    return json.dumps(value, ensure_ascii=False).replace("\x7f", "\\u007f")
