"""Mutants tried: as many in one run as can be told apart, within a budget. Running is handed in."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import islice, zip_longest

from sigma_core.proposals.verification.bench import Bench, Trial
from sigma_core.proposals.verification.mutation.batches import (
    Due,
    Fits,
    Tests,
    apart,
    batched,
    own_tests,
    single,
    with_own_test,
)
from sigma_core.proposals.verification.mutation.budget import MutationBudget
from sigma_core.proposals.verification.mutation.mutants import Mutant
from sigma_core.proposals.verification.mutation.noticing import MutantResult, answer
from sigma_core.proposals.verification.mutation.targets import A_STATEMENT, MutationTarget
from sigma_core.proposals.verification.report import ReportedOutcome
from sigma_core.proposals.verification.sampling import sampled
from sigma_core.proposals.verification.suite_run import SuiteRun

_ENOUGH = 2
"""So many noticed ones, and no other, spare a statement the rest."""
_SAMPLE = 100
"""Tests of one statement that are asked at first; all of them only where these notice nothing."""


@dataclass
class Tried:
    """What came of a statement's mutants so far."""

    answers: dict[Mutant, MutantResult] = field(default_factory=dict)

    def having(self, wanted: MutantResult) -> list[Mutant]:
        """Those with this answer."""
        return [mutant for mutant, each in self.answers.items() if each is wanted]

    def due(self, place: MutationTarget, most: int) -> list[Mutant]:
        """At most so many that are due now; none where enough is known."""
        noticed, missed = len(self.having(MutantResult.NOTICED)), len(self.having(MutantResult.UNNOTICED))
        wanted = A_STATEMENT - noticed - missed if missed else _ENOUGH - noticed
        left = (each for each in place.mutants if each not in self.answers)
        return list(islice(left, max(0, min(most, wanted))))


def try_out(
    places: Sequence[MutationTarget], bench: Bench, budget: MutationBudget, known: Collection[str] = ()
) -> dict[MutationTarget, Tried]:
    """The first mutant of every place, then the second of each, and so on; where a trial costs little, as many of each
    at once as will be needed in any case.

    `known` are tests that pass by themselves with nothing changed; others are asked first. A place none of whose tests
    does is left out.
    """
    if not places or not budget.left:
        return {place: Tried() for place in places}
    sound = _sound(frozenset(test for place in places for test in place.tests), bench, budget, known)
    tried = {place: Tried() for place in places if place.tests & sound}
    while due := _due(tried, _ENOUGH if bench.apart else 1):
        found = _Round(bench, budget, sound).answers(due)
        for (place, mutant), said in found.items():
            tried[place].answers[mutant] = said
        if len(found) < len(due):
            break
    return tried


def _due(tried: Mapping[MutationTarget, Tried], most: int) -> list[Due]:
    """In turns: the first of each place before the second of any."""
    turns = zip_longest(*([(place, mutant) for mutant in each.due(place, most)] for place, each in tried.items()))
    return [due for turn in turns for due in turn if due is not None]


def _sound(tests: frozenset[str], bench: Bench, budget: MutationBudget, known: Collection[str]) -> frozenset[str]:
    if tests <= frozenset(known):
        return tests
    (run,) = budget.spend(bench, [Trial((), tests)])
    return frozenset(test for test in tests if run and run.report.outcomes.get(test) is ReportedOutcome.PASSED)


class _Round:
    """Some mutants: as many in a run as can be told apart at first, then apart what could not be told."""

    def __init__(self, bench: Bench, budget: MutationBudget, sound: frozenset[str]) -> None:
        self._bench, self._budget, self._sound = bench, budget, sound

    def answers(self, due: Sequence[Due]) -> Mapping[Due, MutantResult]:
        """Fewer than were asked for where the budget ends."""
        every = {each: each[0].tests & self._sound for each in due}
        found: dict[Due, MutantResult] = {}
        if self._bench.apart:
            near = {each: each[0].nearest & those or those for each, those in every.items()}
            for asked in (near, every):
                if left := [[each] for each in due if each not in found]:
                    self._run(left, asked, every, found)
            return found
        some = {each: frozenset(sampled(sorted(tests), _SAMPLE)) for each, tests in every.items()}
        looks: list[tuple[Tests, Fits]] = [(some, with_own_test), (every, apart), (every, single)]
        for tests, fits in looks:
            for batch in batched([each for each in due if each not in found], tests, fits):
                self._run([batch], tests, every, found)
        return found

    def _run(
        self, batches: Sequence[Sequence[Due]], tests: Tests, every: Tests, found: dict[Due, MutantResult]
    ) -> None:
        if not self._budget.left:
            return
        trials = [
            Trial(
                tuple(mutant.variant for _, mutant in batch),
                frozenset(test for each in batch for test in tests[each]),
                afresh=batch[0][0].alone,
                until_noticed=self._bench.apart,
            )
            for batch in batches
        ]
        for batch, run in zip(batches, self._budget.spend(self._bench, trials), strict=True):
            if run is not None:
                told = {
                    each: _settled_result(
                        run, own_tests(each, batch, tests), tests[each], every[each], alone=len(batch) == 1
                    )
                    for each in batch
                }
                found |= {each: said for each, said in told.items() if said is not None}


def _settled_result(
    run: SuiteRun, own: frozenset[str], asked: frozenset[str], every: frozenset[str], *, alone: bool
) -> MutantResult | None:
    """None: it has to be asked once more, apart from others or with all of its tests."""
    if run.report.collect_errors and not alone:
        return None
    if answer(run.report, own) is MutantResult.NOTICED:
        return MutantResult.NOTICED
    if asked < every or not (run.finished or alone):
        return None
    said = answer(run.report, asked)
    return said if said is MutantResult.UNNOTICED or own == asked else None
