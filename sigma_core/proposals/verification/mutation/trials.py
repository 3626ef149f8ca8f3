"""Mutants tried: as many in one run as can be told apart, within a budget. Running is handed in."""

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field

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
from sigma_core.proposals.verification.runs import SuiteRun
from sigma_core.proposals.verification.variants import Variant

_ENOUGH = 2
"""So many noticed ones, and no other, spare a statement the rest."""
_SAMPLE = 100
"""Tests of one statement that are asked at first; all of them only where these notice nothing."""

Execute = Callable[[Sequence[Variant], frozenset[str]], SuiteRun]
"""Runs the given tests with the variants in the candidate."""


@dataclass
class Tried:
    """What came of a statement's mutants so far."""

    answers: dict[Mutant, MutantResult] = field(default_factory=dict)

    def having(self, wanted: MutantResult) -> list[Mutant]:
        """Those with this answer."""
        return [mutant for mutant, each in self.answers.items() if each is wanted]

    def next_of(self, place: MutationTarget) -> Mutant | None:
        """The one that is due; None where enough is known."""
        noticed, missed = len(self.having(MutantResult.NOTICED)), len(self.having(MutantResult.UNNOTICED))
        if noticed + missed >= A_STATEMENT or (noticed >= _ENOUGH and not missed):
            return None
        return next((each for each in place.mutants if each not in self.answers), None)


def try_out(
    places: Sequence[MutationTarget], execute: Execute, budget: MutationBudget, known: Collection[str] = ()
) -> dict[MutationTarget, Tried]:
    """The first mutant of every place, then the second of each, and so on.

    `known` are tests that pass by themselves with nothing changed; others are asked first. A place none of whose tests
    does is left out.
    """
    if not places or not budget.left:
        return {place: Tried() for place in places}
    sound = _sound(frozenset(test for place in places for test in place.tests), execute, budget, known)
    tried = {place: Tried() for place in places if place.tests & sound}
    while due := [(place, mutant) for place, each in tried.items() if (mutant := each.next_of(place))]:
        found = _Round(execute, budget, sound).answers(due)
        for (place, mutant), said in found.items():
            tried[place].answers[mutant] = said
        if len(found) < len(due):
            break
    return tried


def _sound(tests: frozenset[str], execute: Execute, budget: MutationBudget, known: Collection[str]) -> frozenset[str]:
    if tests <= frozenset(known):
        return tests
    outcomes = budget.spend(lambda: execute([], tests)).report.outcomes
    return frozenset(test for test in tests if outcomes.get(test) is ReportedOutcome.PASSED)


class _Round:
    """One mutant of each place: together at first, then apart what could not be told."""

    def __init__(self, execute: Execute, budget: MutationBudget, sound: frozenset[str]) -> None:
        self._execute, self._budget, self._sound = execute, budget, sound

    def answers(self, due: Sequence[Due]) -> Mapping[Due, MutantResult]:
        """Fewer than were asked for where the budget ends."""
        every = {each: each[0].tests & self._sound for each in due}
        sampled = {each: _spread(tests) for each, tests in every.items()}
        found: dict[Due, MutantResult] = {}
        looks: list[tuple[Tests, Fits]] = [(sampled, with_own_test), (every, apart), (every, single)]
        for tests, fits in looks:
            for batch in batched([each for each in due if each not in found], tests, fits):
                if not self._budget.left:
                    return found
                found |= self._run(batch, tests, every)
        return found

    def _run(self, batch: Sequence[Due], tests: Tests, every: Tests) -> dict[Due, MutantResult]:
        asked = frozenset(test for each in batch for test in tests[each])
        run = self._budget.spend(lambda: self._execute([mutant.variant for _, mutant in batch], asked))
        found = {
            each: _told(run, own_tests(each, batch, tests), tests[each], every[each], alone=len(batch) == 1)
            for each in batch
        }
        return {each: said for each, said in found.items() if said is not None}


def _told(
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


def _spread(tests: frozenset[str]) -> frozenset[str]:
    step = max(1, -(-len(tests) // _SAMPLE))
    return frozenset(sorted(tests)[::step])
