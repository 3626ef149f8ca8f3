"""Which fixers there are beside the model: the linter's own edits, and those of installed packages."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any, Protocol

from sigma_core.errors import Invalid
from sigma_core.issues.tables import Issue
from sigma_core.plugins import Loaded, Plugin, contained, load, named
from sigma_core.proposals.fixers.base import Fixed, Fixer, Reader
from sigma_core.proposals.fixers.linter import LinterFixer
from sigma_core.text import is_storable

BUILT_IN: tuple[Fixer, ...] = (LinterFixer("safe"), LinterFixer("unsafe"))
"""Those that make the detector's own edit."""
GROUP = "sigma.fixers"
"""Entry points of packages that add fixers."""
LONGEST_NAME = 40
TAKEN = ("model", "outside")


class RuleFixer(Fixer, Protocol):
    """A fixer of issues whose detector has no edit, by their rules."""

    @property
    def rules(self) -> Sequence[str]: ...


def installed() -> Loaded[RuleFixer]:
    """The fixers that installed packages bring."""
    return load(GROUP, _fit)


@dataclass(frozen=True)
class PluginFixer:
    """A fixer of another package: its fix bears its name, and what it raises ends nothing but this fix."""

    name: str
    rules: Sequence[str]
    fixer: RuleFixer

    def fix(self, issue: Issue, read: Reader, context: Sequence[str] = ()) -> Fixed | None:
        """Raises `PluginFailed`, naming what is wrong."""
        with contained(f"the fixer {self.name}"):
            fixed = self.fixer.fix(issue, read, context)
            return fixed and _checked(replace(fixed, fixer=self.name))


def _fit(plugin: Plugin, value: Any, known: Sequence[RuleFixer]) -> RuleFixer:  # noqa: ANN401 (of others)
    made = named(plugin, value, (*BUILT_IN, *known), "rules", "fix")
    if made.name in TAKEN or len(made.name) > LONGEST_NAME:
        raise Invalid({"name": f"{made.name!r} is taken, or longer than {LONGEST_NAME} characters"})
    rules = tuple(made.rules)
    if isinstance(made.rules, str) or not all(isinstance(rule, str) for rule in rules):
        raise Invalid({"rules": "is not a list of rules"})
    return PluginFixer(made.name, rules, made)


def _checked(fixed: Fixed) -> Fixed:
    texts = {"diff": fixed.diff, "title": fixed.title, "description": fixed.description}
    wrong = {
        name: "is not a text that can be stored"
        for name, text in texts.items()
        if not isinstance(text, str) or not is_storable(text)
    }
    if not 0 <= fixed.confidence <= 1:
        wrong["confidence"] = "is not in 0 to 1"
    if wrong:
        raise Invalid(wrong)
    return fixed
