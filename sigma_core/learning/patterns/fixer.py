"""A fixer that does what patterns say: where a trusted one applies and leaves nothing open, it is carried out."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from sigma_core.errors import SigmaError
from sigma_core.issues.tables import Issue
from sigma_core.learning.patterns.advice import Advice, PatternAdvice
from sigma_core.learning.patterns.service import CodePatterns
from sigma_core.projects.tables import Project
from sigma_core.proposals.diff import make, split_lines
from sigma_core.proposals.fixers.base import Fixed, Reader

_LONGEST_TITLE = 200


@dataclass(frozen=True)
class PatternFixer:
    """Offers a fix of the issues whose rule a pattern is known to mend; nobody's model is asked."""

    patterns: CodePatterns
    advice: PatternAdvice
    project: Callable[[int], Project]

    name = "pattern"

    @property
    def rules(self) -> Sequence[str]:
        """Rules that trusted patterns of any project are fixes of."""
        return self.patterns.rules()

    def fix(self, issue: Issue, read: Reader, context: Sequence[str] = ()) -> Fixed | None:  # noqa: ARG002 (of all fixers)
        """None where no pattern of this project applies, or none without leaving something open."""
        project = self.project(issue.project_id)
        found = self.advice.at(project, issue.file, (issue.line, issue.end_line), issue.rule)
        chosen = next((each for each in found if _is_a_fix(each, issue.rule)), None)
        if chosen is None:
            return None
        try:
            before = read(issue.file)
        except SigmaError:
            return None
        after = _put(before, chosen)
        if after == before:
            return None
        return Fixed(
            diff=make(issue.file, before, after),
            title=f"Resolve {issue.rule} in {issue.file} by a known pattern"[:_LONGEST_TITLE],
            description=f"{issue.file}:{issue.line}: {issue.message} ({issue.detector} {issue.rule}).\n{chosen.text}",
            confidence=round(chosen.pattern.trust.mean, 4),
            fixer=self.name,
        )


def _is_a_fix(advice: Advice, rule: str) -> bool:
    """A pattern that is not known to mend the rule is told to models, and not carried out."""
    return not advice.is_warning and advice.instead is not None and advice.pattern.row.rule == rule


def _put(text: str, advice: Advice) -> str:
    """The text with the pattern's code in the place of the node."""
    node, lines = advice.node, split_lines(text)
    last = (node.end_lineno or node.lineno) - 1
    first = node.lineno - 1
    # Columns count bytes
    head = lines[first].encode()[: node.col_offset].decode()
    tail = lines[last].encode()[node.end_col_offset or 0 :].decode()
    return "".join([*lines[:first], f"{head}{advice.instead}{tail}", *lines[last + 1 :]])
