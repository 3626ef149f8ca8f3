"""What patterns say of one place: what is put there elsewhere, and what it would be here."""

import ast
import tomllib
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from sigma_core.errors import SigmaError
from sigma_core.learning.patterns.conditions import CodePlace, instances, unmet
from sigma_core.learning.patterns.oldest_python import supported_minor
from sigma_core.learning.patterns.pattern_trust import PatternUse
from sigma_core.learning.patterns.service import CodePatterns, KnownPattern
from sigma_core.learning.patterns.templates import UNWRITABLE, fill, template
from sigma_core.parsing import syntax_tree
from sigma_core.projects.git import Clone
from sigma_core.projects.tables import Project

MOST_TOLD = 3


@dataclass(frozen=True)
class Advice:
    """A pattern that applies at a place: what stands there, and what would stand there instead."""

    pattern: KnownPattern
    node: ast.expr | ast.stmt
    here: str
    instead: str | None
    """None where the pattern leaves something to whoever writes it."""

    @property
    def is_warning(self) -> bool:
        """Whether it tells what not to do."""
        return self.pattern.trust.use is PatternUse.WARNING

    @property
    def text(self) -> str:
        """What a model and people are told."""
        row, trust = self.pattern.row, self.pattern.trust
        rests = f"{trust.mean:.0%} of them lasted [{trust.low:.0%}, {trust.high:.0%}], seen {row.seen} times here"
        if self.is_warning:
            return f"pattern/{row.id}: putting `{row.after}` in the place of `{row.before}` was taken back ({rests})."
        would = f" Here `{self.here}` would become `{self.instead}`." if self.instead else f" Here: `{self.here}`."
        return f"pattern/{row.id}: fixes put `{row.after}` in the place of `{row.before}` ({rests}).{would}"


class PatternAdvice:
    """Tells which of a project's patterns apply at a place of its head."""

    def __init__(self, patterns: CodePatterns, clone: Callable[[Project], Clone]) -> None:
        self._patterns, self._clone = patterns, clone
        self._supported = lru_cache(maxsize=8)(self._read_supported)

    def at(self, project: Project, path: str, lines: tuple[int, int], rule: str | None = None) -> Sequence[Advice]:
        """The most trusted first, then what does not last; nothing of a file that cannot be read."""
        known = self._patterns.list(project.id or 0)
        if not known:
            return ()
        clone = self._clone(project)
        try:
            tree = syntax_tree(clone.read(project.head, path))
        except (SigmaError, SyntaxError):
            return ()
        python, configuration = self._supported(project.id or 0, project.head, clone)
        place = CodePlace(path, tree, rule, lines, python, configuration)
        return [each for pattern in known for each in _advice(pattern, place)][:MOST_TOLD]

    @staticmethod
    def _read_supported(_project_id: int, head: str, clone: Clone) -> tuple[int | None, Mapping[str, Any]]:
        try:
            configuration = tomllib.loads(clone.read(head, "pyproject.toml").decode())
        except (SigmaError, ValueError, RecursionError):
            configuration = {}
        return supported_minor(clone, head), configuration


def _advice(pattern: KnownPattern, place: CodePlace) -> Iterator[Advice]:
    if pattern.trust.use is PatternUse.DOUBTED or any(unmet(pattern.conditions, place)):
        return
    before, after = template(pattern.row.before), template(pattern.row.after)
    for node, bindings in instances(before, place):
        try:
            advice = Advice(pattern, node, ast.unparse(node), fill(after, bindings))
        except UNWRITABLE:
            continue
        yield advice
        return
