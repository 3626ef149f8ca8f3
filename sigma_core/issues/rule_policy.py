"""Which issues a fix is offered for: what maintainers want, as far as it can be known. Pure rules of values.

A project that configures its linter has said what it wants. Errors are offered beyond that, and say so. Of a project
without a configuration only what most maintainers take is offered.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Protocol

from sigma_core.issues.finding import RuleChoice
from sigma_core.issues.rule_selector import selects
from sigma_core.issues.tables import Severity

WITHHELD: Mapping[str, str] = {
    "B007": "renaming an unused loop variable improves nothing that runs",
    "B028": "the linter guesses the stacklevel",
    "B905": "`strict=False` only spells out the default; whether lengths may differ is the author's to say",
    "E731": "a lambda with a name is taste",
    "FURB167": "short flags of regular expressions are taste",
    "PLE0241": "where it runs at all, `__mro_entries__` makes something else of each mention of the base",
    "PLR1730": "a call of `min` or `max` costs more than the comparison it stands for, most of all in a loop",
    "RET503": "an explicit `return None` at the end is taste",
    "RUF017": "`functools.reduce` is harder to read than the `sum` it stands for",
    "RUF036": "the place of None in a union is taste",
    "RUF059": "renaming an unused unpacked variable improves nothing that runs",
    "UP031": "the linter turns `%` into `.format`, not into an f-string",
}
"""Rules whose fixes maintainers refuse, with the reason, by code or its beginning. An operator may offer them, each by
its own name: who asks for a whole family does not mean them."""

UNLESS_SELECTED: Mapping[str, str] = {
    "PLR1711": "a bare `return` at the end is a habit of whoever wrote it",
    "RUF022": "names in `__all__` often stand by subject, and documentation shows them so",
    "RUF023": "names in `__slots__` often stand by subject",
    "SIM105": "`contextlib.suppress` is slower than the `try` it stands for, and asks for an import",
}
"""Rules that only a project which selects them means, or an operator by their own name; with the reason."""

WELCOME = frozenset(
    {
        "C400",
        "C401",
        "C402",
        "C403",
        "C404",
        "C405",
        "C410",
        "C411",
        "C413",
        "C414",
        "C416",
        "C417",
        "C418",
        "C419",
        "FURB129",
        "FURB188",
        "PLR5501",
        "PLW3301",
        "RUF005",
        "RUF010",
        "SIM118",
        "TRY201",
    }
)
"""Rules whose fixes most maintainers take although they chose no linter: shorter, and plainly the same."""

_DEFAULT = ("E4", "E7", "E9", "F")
"""What the linter itself selects where nobody configured it."""
_MATTERS = frozenset({"bug", "security", "performance", "dead_code"})


class ClassifiedFinding(Protocol):
    """What is asked of an issue."""

    @property
    def rule(self) -> str: ...
    @property
    def family(self) -> str: ...
    @property
    def found_severity(self) -> str: ...
    @property
    def choice(self) -> str | None: ...


@dataclass(frozen=True)
class Preference:
    """An operator's word on a rule or a beginning of it."""

    offered: bool
    reason: str


@dataclass(frozen=True)
class RulePolicy:
    """What holds in one project. `preferences`: by code or its beginning; the longest that fits counts."""

    preferences: Mapping[str, Preference] = field(default_factory=dict)

    def why_withheld(self, issue: ClassifiedFinding) -> str | None:
        """Why no fix is offered; None where one is. An operator's word goes before all others that are as exact."""
        if (said := self._said_of(issue.rule)) is not None:
            return None if said.offered else said.reason
        if issue.choice == RuleChoice.IGNORED:
            return "the project's configuration ignores this rule here"
        if (refused := _refused(issue)) is not None:
            return refused
        if issue.choice == RuleChoice.SELECTED or is_error(issue):
            return None
        if issue.choice == RuleChoice.UNSELECTED:
            return "the project's configuration does not select this rule"
        return None if _taken_unasked(issue) else "the project has chosen no linter, and this rule is taste"

    def _said_of(self, rule: str) -> Preference | None:
        prefix, refused = _longest(self.preferences, rule), _longest([*WITHHELD, *UNLESS_SELECTED], rule)
        if prefix is None:
            return None
        said = self.preferences[prefix]
        return None if said.offered and refused is not None and len(refused) > len(prefix) else said


def is_error(issue: ClassifiedFinding) -> bool:
    """Whether its detector calls it an error of behaviour or security."""
    return issue.family in {"bug", "security"} and Severity(issue.found_severity).rank >= Severity.ERROR.rank


def _refused(issue: ClassifiedFinding) -> str | None:
    table = WITHHELD if issue.choice == RuleChoice.SELECTED else {**WITHHELD, **UNLESS_SELECTED}
    found = _longest(table, issue.rule)
    return table[found] if found is not None else None


def _taken_unasked(issue: ClassifiedFinding) -> bool:
    matters = issue.family in _MATTERS and Severity(issue.found_severity).rank >= Severity.WARNING.rank
    return matters or issue.rule in WELCOME or any(selects(each, issue.rule) for each in _DEFAULT)


def _longest(prefixes: Iterable[str], rule: str) -> str | None:
    return max((prefix for prefix in prefixes if selects(prefix, rule)), key=len, default=None)
