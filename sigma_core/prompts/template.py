"""A prompt ready for use: one version's texts, split once, and how to fill them in."""

from collections.abc import Mapping
from copy import copy
from dataclasses import dataclass, field
from functools import cached_property
from typing import Self

from sigma_core.errors import Invalid
from sigma_core.llm.model import ChatMessage, Rendered
from sigma_core.prompts.content import VIEW, Content, check_names
from sigma_core.prompts.data_fences import Fence
from sigma_core.prompts.render import Template, expand
from sigma_core.prompts.variables import written

NOT_GIVEN = "(not given)"


@dataclass(frozen=True)
class Prompt:
    """One version of a prompt. `included` holds the texts of the prompts it includes, as they were when it was made.

    `template_id` and `number` are None for a prompt that was read from a file.
    """

    name: str
    version: str
    content: Content
    included: Mapping[str, str] = field(default_factory=dict)
    template_id: int | None = None
    number: int | None = None
    label: str | None = None
    digest: str | None = None
    """Of the stored version, which was checked when it was saved."""

    def __post_init__(self) -> None:
        if self.digest is not None:
            return
        if missing := [each for each in self.content.references if each not in self.included]:
            raise Invalid(dict.fromkeys(missing, "is included but not there"))
        check_names(self.texts, self.content)

    def under(self, label: str) -> Self:
        """The same, as found under a label; what was split once is shared."""
        _ = self._templates
        other = copy(self)
        object.__setattr__(other, "label", label)
        return other

    @cached_property
    def texts(self) -> tuple[str, str]:
        """System and user text with what they include."""
        return expand(self.content.system, self.included), expand(self.content.user, self.included)

    @cached_property
    def _templates(self) -> tuple[Template, Template]:
        system, user = self.texts
        return Template(system), Template(user)

    def render(self, *, view: str | None = None, **values: object) -> Rendered:
        """The prompt filled in. Values are text, numbers, or lists and mappings that are shown as JSON.

        Secrets are redacted from them. Raises `Invalid` naming every missing, unknown or unfit variable.
        """
        given = {name: value for name, value in values.items() if value is not None}
        self._check(view, given)
        defaults = {name: v.default for name, v in self.content.variables.items() if v.default is not None}
        given = {**defaults, **given}
        fence = Fence(self.name, given)
        texts = {name: self._text(name, given, fence) for name in self.content.variables}
        if view is not None:
            texts[VIEW] = self.content.views[view]
        system, user = (template.fill(texts) for template in self._templates)
        return Rendered(
            prompt=self.name,
            version=self.version,
            messages=(
                ChatMessage("system", f"{system}\n\n{fence.notice}" if fence.used else system),
                ChatMessage("user", user),
            ),
            schema=self.content.answer,
            variables=given,
            view=view,
            max_output_tokens=self.content.max_output_tokens,
            temperature=self.content.temperature,
            template_id=self.template_id,
            version_number=self.number,
            label=self.label,
        )

    def _text(self, name: str, given: Mapping[str, object], fence: Fence) -> str:
        if name not in given:
            return NOT_GIVEN
        variable = self.content.variables[name]
        return written(given[name]) if variable.inline else fence.around(name, given[name], variable.max_chars)

    def _check(self, view: str | None, given: Mapping[str, object]) -> None:
        variables = self.content.variables
        fields = {name: "is missing" for name, v in variables.items() if v.required and name not in given}
        for name, value in given.items():
            wrong = variables[name].problem(value) if name in variables else "is unknown"
            if wrong:
                fields[name] = wrong
        views = self.content.views
        if view not in (views or {None}):
            fields[VIEW] = f"is one of {', '.join(views)}" if views else "this prompt has no views"
        if fields:
            raise Invalid(fields)
