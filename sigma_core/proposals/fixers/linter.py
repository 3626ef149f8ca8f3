"""The linter's own edits as proposals: one fix, one proposal."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from sigma_core.issues.detectors.ruff import LEFT_OUT
from sigma_core.issues.finding import Applicability, Fix, RuleChoice
from sigma_core.issues.fingerprint import stands_at
from sigma_core.issues.source import SourceFile
from sigma_core.issues.tables import Issue
from sigma_core.proposals.diff import make
from sigma_core.proposals.fixers.base import Fixed, Reader
from sigma_core.proposals.fixers.chains import complete_chain
from sigma_core.proposals.fixers.edits import apply_edits
from sigma_core.proposals.fixers.traps import is_taste, is_trap
from sigma_core.proposals.fixers.unpacking import plainly_unpacked

_PRIOR: dict[Applicability, float] = {"safe": 0.9, "unsafe": 0.6}
"""Confidence until acceptance of a rule has been learned."""
_PROMISE: dict[Applicability, str] = {
    "safe": "The linter states that this keeps the behaviour.",
    "unsafe": "The linter warns that this may change the behaviour.",
}
_WORDS = {
    "B006": "Make a new default value at each call",
    "C408": "Write a literal instead of a call",
    "E711": "Compare to `None` with `is`",
    "E712": "Test the truth value directly",
    "E713": "Use `not in`",
    "E714": "Use `is not`",
    "RUF005": "Unpack instead of adding sequences",
    "SIM103": "Return the condition itself",
    "UP031": "Format with `str.format` instead of `%`",
    "UP032": "Format with an f-string",
}
"""Where the linter's own words do not say enough without the code beside them."""
BEYOND = "The project's own configuration does not ask for it: it is offered as an error."
_MAX_TITLE = 200
_MOST_MOVED = 30
"""Lines that a fix may only indent otherwise where the project does not ask for its rule: more of them cost whoever
reads the change, and whoever asks later who wrote a line, more than the look is worth."""


@dataclass(frozen=True)
class LinterFixer:
    """Applies edits of one applicability; the two kinds are told apart by name in every proposal."""

    applicability: Applicability

    @property
    def name(self) -> str:
        """``linter_safe`` or ``linter_unsafe``."""
        return f"linter_{self.applicability}"

    def fix(self, issue: Issue, read: Reader, context: Sequence[str] = ()) -> Fixed | None:  # noqa: ARG002 (protocol)
        """None without such an edit, where the file is not as it was when the issue was last seen, or in a trap."""
        if issue.fix is None or issue.applicability != self.applicability:
            return None
        fix = Fix.from_json(issue.fix)
        before = read(issue.file)
        source = SourceFile(issue.file, before.removeprefix("\ufeff"))
        if not stands_at(source, issue) or is_trap(issue.rule, source.text, issue.line):
            return None
        asked_for = issue.choice == RuleChoice.SELECTED
        if not asked_for and is_taste(issue.rule, source.text, issue.line):
            return None
        edits = tuple(plainly_unpacked(issue.rule, fix.edits, source.text))
        alone = apply_edits(before, edits)
        after = complete_chain(issue.rule, before, alone)
        if after == before or (not asked_for and _only_moved(before, after) > _MOST_MOVED):
            return None
        return Fixed(
            diff=make(issue.file, before, after),
            title=_title(issue, fix, source),
            description=_description(issue, fix),
            confidence=_PRIOR[self.applicability],
            fixer=self.name,
            edits=edits if after == alone else (),
        )


def _only_moved(before: str, after: str) -> int:
    """Lines of which a change alters the indentation alone."""
    old, new = Counter(before.split("\n")), Counter(after.split("\n"))
    gone, come = (Counter(line.strip() for line in each.elements()) for each in (old - new, new - old))
    return (gone & come).total()


def _title(issue: Issue, fix: Fix, source: SourceFile) -> str:
    what = _WORDS.get(issue.rule) or fix.message.rstrip(".") or issue.message.removesuffix(LEFT_OUT)
    definition = source.enclosing(issue.line)
    where = f"`{definition}` ({issue.file})" if definition else issue.file
    return f"{what} in {where}"[:_MAX_TITLE]


def _description(issue: Issue, fix: Fix) -> str:
    said = issue.message.removesuffix(LEFT_OUT)
    beyond = f" {BEYOND}" if issue.choice == RuleChoice.UNSELECTED else ""
    return f"{issue.file}:{issue.line}: {said} ({issue.detector} {issue.rule}). {_PROMISE[fix.applicability]}{beyond}"
