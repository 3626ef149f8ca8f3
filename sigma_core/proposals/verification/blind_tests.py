"""Tests that pass although what they execute raises: whether that is their own way, or that of a change."""

from collections.abc import Iterable
from random import Random

from sigma_core.proposals.verification.base_tree import BaseTree
from sigma_core.proposals.verification.patched_tree import Site
from sigma_core.proposals.verification.report import Report, ReportedOutcome
from sigma_core.proposals.verification.runs import TestRunner
from sigma_core.proposals.verification.sabotage import DefectKind, defects
from sigma_core.proposals.verification.statements import functions_of
from sigma_core.proposals.verification.variants import varied

_WAYS = 2


class BlindTests:
    """Asked of the base alone: nothing that a change brings is loaded."""

    def __init__(self, base_tree: BaseTree, runner: TestRunner, report: Report, chance: Random) -> None:
        """`report` is that of the base's tests, with the lines of the files that are asked about."""
        self._base_tree, self._runner, self._report, self._chance = base_tree, runner, report, chance

    def in_base(self, site: Site, tests: Iterable[str]) -> frozenset[str]:
        """Those of them that execute the same function in the base, and pass there too whatever it raises."""
        path = self._base_tree.root / site.file
        if site.function is None or path.is_symlink() or not path.is_file():
            return frozenset()
        text = path.read_text("utf-8", "surrogateescape")
        same = [each for each in functions_of(text) if each.name == site.function.name]
        if len(same) != 1:
            return frozenset()
        before = Site(site.file, same[0].line, same[0])
        blind = frozenset(tests) & self._report.tests_executing(site.file, same[0].body_mask)
        for way in defects(text, before, DefectKind.ERROR, self._chance)[:_WAYS]:
            if blind:
                with self._base_tree.holding(varied({site.file: text}, [way])) as tree:
                    outcomes = self._runner.run(tree, only=blind, plain=True).report.outcomes
                blind = frozenset(name for name in blind if outcomes.get(name) is ReportedOutcome.PASSED)
        return blind
