"""Trials from one start where that can be, each by itself where not."""

import math
import time
from collections.abc import Mapping, Sequence, Set
from dataclasses import dataclass

from sigma_core.proposals.evidence import SuiteRunState
from sigma_core.proposals.verification.base_tree import BaseTree
from sigma_core.proposals.verification.bench import Execute, Trial
from sigma_core.proposals.verification.forked_trials import Told, leaking, run_together
from sigma_core.proposals.verification.report import Report
from sigma_core.proposals.verification.runs import TestRunner
from sigma_core.proposals.verification.suite_run import SuiteRun


@dataclass
class Forking:
    """What holds for all candidates of one base: whether its tests can be forked, and how long each takes there."""

    usable: bool
    usual_s: Mapping[str, float]


class ForkedBench:
    """Trials of one candidate.

    Those that ask for the same tests are made in the same way, if nothing is written otherwise in one of them: code
    that could tell that one from the others by the way it is run could be honest in the others alone.
    """

    def __init__(
        self,
        runner: TestRunner,
        base_tree: BaseTree,
        contents: Mapping[str, str | None],
        forking: Forking,
        execute: Execute,
    ) -> None:
        """`contents` are the candidate's whole files, as a `PatchedTree` tells them."""
        self._runner, self._base_tree, self._contents = runner, base_tree, contents
        self._forking, self._execute = forking, execute
        self._held_forked: set[frozenset[str]] = set()
        self._held_single: set[frozenset[str]] = set()
        """Tests that were asked with nothing written otherwise, by the way in which they ran."""

    @property
    def apart(self) -> bool:
        """Whether forks work here, as far as is known."""
        return self._forking.usable

    def run(self, trials: Sequence[Trial], seconds: float | None = None) -> list[SuiteRun | None]:
        """What came of each, in order; None for what was not begun within so many seconds. Raises `Cancelled`."""
        end = math.inf if seconds is None else time.monotonic() + seconds
        found = self._forked(trials, end)
        for number, each in enumerate(trials):
            if number not in found and time.monotonic() < end:
                found[number] = self._single(each)
        return [found.get(number) for number in range(len(trials))]

    def _single(self, trial: Trial) -> SuiteRun:
        if trial.tests in self._held_forked and not trial.afresh and trial.variants:
            return SuiteRun(SuiteRunState.REFUSED, Report(), 0, "It cannot be run as it is run with nothing changed.")
        return self._execute(trial.variants, trial.tests)

    def _forked(self, trials: Sequence[Trial], end: float) -> dict[int, SuiteRun]:
        """What forks answered. After one that left something behind which cannot be taken away, a new start."""
        found: dict[int, SuiteRun] = {}
        unfit: set[frozenset[str]] = set()
        left = [number for number, each in enumerate(trials) if self._may_fork(each)]
        while left and self._forking.usable and time.monotonic() < end:
            asked = [trials[number] for number in left]
            told = self._run_together(asked, end)
            if told.unusable or leaking(told, asked):
                self._forking.usable = False
                return {}
            found |= {left[number]: run for number, run in told.runs.items()}
            unfit |= {asked[number].tests for number in told.unfit}
            if told.late:
                break
            done = {*told.runs, *told.unfit}
            left = [number for place, number in enumerate(left) if place not in done]
        return self._held(trials, found, unfit)

    def _held(
        self, trials: Sequence[Trial], found: Mapping[int, SuiteRun], unfit: Set[frozenset[str]]
    ) -> dict[int, SuiteRun]:
        """Less those that are made in another way, as one of the same tests does not fit."""
        held = {number: each.tests for number, each in enumerate(trials) if not each.variants and not each.afresh}
        self._held_single |= {tests for tests in held.values() if tests in unfit}
        self._held_forked |= {tests for number, tests in held.items() if number in found and tests not in unfit}
        return {number: run for number, run in found.items() if trials[number].tests not in self._held_single}

    def _may_fork(self, trial: Trial) -> bool:
        return not trial.afresh and bool(trial.tests) and trial.tests not in self._held_single

    def _run_together(self, trials: Sequence[Trial], end: float) -> Told:
        texts = {part.file: self._contents[part.file] or "" for each in trials for part in each.variants}
        with self._base_tree.holding(self._contents) as tree:
            left = min(end - time.monotonic(), 86_400)
            return run_together(self._runner, tree, texts, trials, self._forking.usual_s, left)
