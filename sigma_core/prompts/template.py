"""A prompt: texts with variables, the shape of the answer, and how to fill it in."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from sigma_core.errors import Invalid
from sigma_core.llm.model import Message, Rendered
from sigma_core.prompts.fence import Fence
from sigma_core.prompts.render import fill, names

VIEW = "view"
"""The reserved variable that stands for the text of the chosen view."""
NOT_GIVEN = "(not given)"


@dataclass(frozen=True)
class Variable:
    """A value the prompt takes.

    Unless `inline` it is fenced as data and may be any length: beyond `max_chars` it is cut, and the prompt says so.
    An inline value stands in a sentence: one line of at most `max_chars` characters, never text of a repository.
    """

    description: str
    required: bool = True
    inline: bool = False
    max_chars: int = 200


@dataclass(frozen=True)
class Prompt:
    """One version of a prompt. With `views`, it is rendered for one of them and `{{view}}` is that view's text."""

    name: str
    version: str
    title: str
    system: str
    user: str
    schema: Mapping[str, Any]
    variables: Mapping[str, Variable]
    views: Mapping[str, str] = field(default_factory=dict)
    max_output_tokens: int = 1000
    temperature: float = 0.0

    def __post_init__(self) -> None:
        used = names(self.system) | names(self.user)
        declared = set(self.variables) | ({VIEW} if self.views else set())
        fields = dict.fromkeys(used - declared, "is used but not declared")
        fields |= dict.fromkeys(declared - used, "is declared but not used")
        if fields:
            raise Invalid(fields)

    def render(self, *, view: str | None = None, **values: object) -> Rendered:
        """The prompt filled in. Values are text, numbers, or lists and mappings that are shown as JSON.

        Secrets are redacted from them. Raises `Invalid` naming every missing, unknown or unfit variable.
        """
        given = {name: value for name, value in values.items() if value is not None}
        self._check(view, given)
        fence = Fence(self.name, given)
        texts = {name: self._text(name, given, fence) for name in self.variables}
        if view is not None:
            texts[VIEW] = self.views[view].strip()
        system = fill(self.system, texts) + ("\n\n" + fence.notice if fence.used else "")
        return Rendered(
            prompt=self.name,
            version=self.version,
            messages=(Message("system", system), Message("user", fill(self.user, texts))),
            schema=self.schema,
            variables=given,
            view=view,
            max_output_tokens=self.max_output_tokens,
            temperature=self.temperature,
        )

    def _text(self, name: str, given: Mapping[str, object], fence: Fence) -> str:
        if name not in given:
            return NOT_GIVEN
        variable = self.variables[name]
        return str(given[name]) if variable.inline else fence.around(name, given[name], variable.max_chars)

    def _check(self, view: str | None, given: Mapping[str, object]) -> None:
        fields = {name: "is missing" for name, v in self.variables.items() if v.required and name not in given}
        fields |= {name: "is unknown" for name in given if name not in self.variables}
        for name, variable in self.variables.items():
            text = str(given.get(name, ""))
            if variable.inline and (len(text) > variable.max_chars or len(text.splitlines()) > 1):
                fields[name] = f"is more than one line of {variable.max_chars} characters"
        if view not in (self.views or {None}):
            fields[VIEW] = f"is one of {', '.join(self.views)}" if self.views else "this prompt has no views"
        if fields:
            raise Invalid(fields)
