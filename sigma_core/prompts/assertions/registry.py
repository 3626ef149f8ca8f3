"""Which kinds of assertion there are."""

import inspect
from collections.abc import Mapping, Sequence
from typing import Any, Literal

from sigma_core.errors import Invalid
from sigma_core.plugins import Plugin, PluginFailed, contained, load
from sigma_core.prompts.assertions.answers import Contains, Equals, FitsSchema, HasPath, InRange, Matches
from sigma_core.prompts.assertions.base import Assertion
from sigma_core.prompts.assertions.calls import Cheaper, Fails, Faster, Graded
from sigma_core.prompts.test_result import Reply

BUILT_IN: tuple[type[Assertion], ...] = (
    FitsSchema,
    Equals,
    Contains,
    Matches,
    HasPath,
    InRange,
    Fails,
    Faster,
    Cheaper,
    Graded,
)
GROUP = "sigma.assertions"
"""Entry points of packages that add kinds of assertion."""


class Unregistered(Assertion):
    """Stands for a stored assertion whose package is gone. It never holds, and is kept as it was."""

    kind: Literal["unregistered"] = "unregistered"
    said: dict[str, Any]

    def check(self, reply: Reply) -> str | None:  # noqa: ARG002 (of any reply)
        return f"demands {self.said.get('kind')!r}, which no installed package brings"

    def stored(self) -> dict[str, Any]:
        return self.said


def readable(stored: Mapping[str, Any], kinds: Sequence[type[Assertion]]) -> Mapping[str, Any]:
    """A stored assertion as it can be read whatever is installed now."""
    known = {kind.model_fields["kind"].default for kind in kinds}
    return stored if stored.get("kind") in known else {"kind": "unregistered", "said": dict(stored)}


def installed() -> tuple[type[Assertion], ...]:
    """Our own kinds, and those that installed packages bring."""
    return (*BUILT_IN, *load(GROUP, _fit).things)


def problem(assertion: Assertion, reply: Reply) -> str | None:
    """What is wrong with a reply. An assertion of another package that raises does not hold, and says so."""
    if type(assertion) in BUILT_IN:
        return assertion.check(reply)
    try:
        with contained(f"the assertion {assertion.kind}"):
            found = assertion.check(reply)
            return found and str(found)
    except PluginFailed as error:
        return str(error)


def _fit(plugin: Plugin, value: Any, known: Sequence[type[Assertion]]) -> type[Assertion]:  # noqa: ANN401 (of others)
    if not inspect.isclass(value) or not issubclass(value, Assertion) or inspect.isabstract(value):
        raise Invalid({"class": "is not an Assertion that checks something"})
    kind = value.model_fields["kind"]
    if kind.default != plugin.name or kind.annotation is str:
        raise Invalid({"kind": f'must be `Literal["{plugin.name}"] = "{plugin.name}"`, as its entry point is called'})
    if kind.default in {each.model_fields["kind"].default for each in (*BUILT_IN, *known)}:
        raise Invalid({"kind": f"{kind.default!r} is taken"})
    return value
