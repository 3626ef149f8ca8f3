"""What one version of a prompt says: texts, variables, the shape of the answer, settings. Strict when it is made."""

import hashlib
import json
from collections.abc import Iterable, Mapping
from typing import Annotated, Any, Self

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, ValidationError

from sigma_core.errors import Invalid
from sigma_core.prompts.render import INCLUDE, VARIABLE, misspelt, names
from sigma_core.prompts.variables import Variable
from sigma_core.text import is_storable

VIEW = "view"
"""The reserved variable that stands for the text of the chosen view."""
LONGEST_TEXT = 200_000


def plain(text: str) -> str:
    """Text as it is kept: line ends are \\n, nothing around it. Raises `ValueError` for what is no text."""
    if not is_storable(text):
        raise ValueError("holds NUL or half of a surrogate pair, which cannot be stored")
    return text.replace("\r\n", "\n").replace("\r", "\n").strip()


Text = Annotated[str, Field(max_length=LONGEST_TEXT), AfterValidator(plain)]
Line = Annotated[str, Field(max_length=120, pattern=r"^[^\r\n]*$"), AfterValidator(plain)]
ViewName = Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]{0,39}$")]
VariableName = Annotated[str, Field(pattern=r"^[a-z_][a-z0-9_]{0,59}$")]


class Content(BaseModel):
    """Texts and settings. With `views`, it is rendered for one of them and `{{view}}` is that view's text."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    title: Line = ""
    system: Text = ""
    user: Text
    views: dict[ViewName, Text] = {}
    variables: dict[VariableName, Variable] = {}
    answer: dict[str, Any] = Field({}, description="JSON schema of the answer.")
    max_output_tokens: int = Field(1000, gt=0, le=32_000, strict=True)
    temperature: float = Field(0.0, ge=0, le=2, strict=True)

    @classmethod
    def checked(cls, data: Mapping[str, Any]) -> Self:
        """Content from outside. Raises `Invalid` naming each field that is wrong."""
        try:
            content = cls.model_validate(data)
        except ValidationError as error:
            raise Invalid({".".join(map(str, e["loc"])) or "prompt": e["msg"] for e in error.errors()}) from None
        if wrong := _wrong_schema(content.answer):
            raise Invalid({"schema": wrong})
        return content

    @property
    def digest(self) -> str:
        """The same for the same content, whatever the order of its parts."""
        return hashlib.sha256(json.dumps(self.model_dump(), sort_keys=True).encode()).hexdigest()

    @property
    def references(self) -> list[str]:
        """The prompts it includes, in the order of their first mention."""
        return list(dict.fromkeys(INCLUDE.findall(f"{self.system}\n{self.user}")))


def check_names(texts: Iterable[str], content: Content) -> None:
    """Every variable used is declared, every one declared is used. Raises `Invalid`."""
    whole = "\n".join(texts)
    used = names(whole)
    declared = set(content.variables) | ({VIEW} if content.views else set())
    fields = dict.fromkeys(sorted(used - declared), "is used but not declared")
    fields |= dict.fromkeys(sorted(declared - used), "is declared but not used")
    fields |= dict.fromkeys(sorted(misspelt(whole)), "is no name of a variable (small letters, digits, _)")
    if VIEW in content.variables:
        fields[VIEW] = "is reserved for the text of the chosen view"
    if fields:
        raise Invalid(fields)


def declared(texts: str, known: Mapping[str, Variable]) -> dict[str, Variable]:
    """The variables that occur in the texts: the known ones in their order, then others as required text.

    What is included may use any of the known ones, so that where something is, all of them stay.
    """
    occurring = [name for name in dict.fromkeys(VARIABLE.findall(texts)) if name != VIEW]
    includes = INCLUDE.search(texts) is not None
    fresh = Variable(max_chars=20_000)
    kept = {name: each for name, each in known.items() if includes or name in occurring}
    return kept | {name: fresh for name in occurring if name not in known}


def _wrong_schema(schema: Mapping[str, Any]) -> str | None:
    from jsonschema import Draft202012Validator
    from jsonschema.exceptions import SchemaError

    try:
        Draft202012Validator.check_schema(schema)
        json.dumps(schema, allow_nan=False)
    except (SchemaError, ValueError, RecursionError) as error:
        return f"is not a JSON schema: {getattr(error, 'message', error)}"[:300]
    return None
