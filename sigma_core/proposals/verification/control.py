"""Control runs: where the changed code is spoiled, the tests that cover it must fail.

Judged by outcomes alone. Every run asks for the same tests in the same way, and in one of them, nobody inside can know
which, nothing is spoiled: code that lets failures through when it is controlled does so there too.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from random import Random

from sigma_core.proposals.evidence import SuiteRunState
from sigma_core.proposals.verification.patched_tree import Site
from sigma_core.proposals.verification.proof import Controlled, Proof
from sigma_core.proposals.verification.report import ReportedOutcome
from sigma_core.proposals.verification.runs import SuiteRun
from sigma_core.proposals.verification.sabotage import DefectKind
from sigma_core.proposals.verification.variants import Variant

MAX_RUNS = 80
MAX_TESTS = 200
_FEWEST = 5
_ATTEMPTS = 3

Spoil = Callable[[Site, DefectKind], Sequence[Variant]]
"""Ways to spoil a site, in the order in which they are tried."""
Execute = Callable[[Sequence[Variant], frozenset[str]], SuiteRun]
"""Runs the given tests with the variants in the candidate."""
Base = Callable[[frozenset[str]], SuiteRun]
"""Runs the given tests of the base."""


@dataclass(frozen=True)
class _Trial:
    """Sites that are spoiled at once; no site and no kind: nothing is."""

    sites: tuple[Controlled, ...] = ()
    kind: DefectKind | None = None


def prove(controlled: Sequence[Controlled], spoil: Spoil, execute: Execute, base: Base, chance: Random) -> Proof:
    """Spoil all sites, as many at once as can be told apart; what is not noticed once more and otherwise."""
    batches = batched(controlled)
    watching = {each.site: tests for batch in batches for each, tests in _watching(batch, len(controlled)).items()}
    ways = {(each.site, kind): spoil(each.site, kind) for each in controlled for kind in each.kinds}
    trials = [_Trial(batch, kind) for batch in batches for kind in DefectKind]
    series = _Series(watching, ways, execute)
    first = [_Trial(), *trials] if any(watching.values()) else []
    chance.shuffle(first)
    for trial in first:
        series.run(trial, 0)
    if series.proof.unequal:
        series.compare(base)
    for attempt in range(1, _ATTEMPTS if first else 1):
        for trial in trials:
            series.run(trial, attempt)
    return series.proof


class _Series:
    """Runs trials and keeps what they showed."""

    def __init__(
        self,
        watching: Mapping[Site, frozenset[str]],
        ways: Mapping[tuple[Site, DefectKind], Sequence[Variant]],
        execute: Execute,
    ) -> None:
        self._watching, self._ways, self._execute = watching, ways, execute
        self._asked = frozenset(test for tests in watching.values() for test in tests)
        self.proof = Proof(passed={site: set(tests) for site, tests in watching.items()}, asked=self._asked)

    def run(self, trial: _Trial, attempt: int) -> None:
        """What of the trial is still open, in one run."""
        if trial.kind is None:
            self.proof.unequal = self._not_passing(self._run([]))
            return
        due = [each for each in trial.sites if self._is_due(each, trial.kind, attempt)]
        if due:
            self._spoiled(due, trial.kind, attempt)

    def compare(self, base: Base) -> None:
        """Tests that do not pass like this even in the base depend on others; those that now pass are flaky."""
        again = self._not_passing(self._run([])) & self.proof.unequal
        if again:
            self.proof.untrue = again - self._not_passing(base(self._asked))

    def _not_passing(self, run: SuiteRun) -> frozenset[str]:
        return frozenset(test for test in self._asked if run.report.outcomes.get(test) is not ReportedOutcome.PASSED)

    def _is_due(self, each: Controlled, kind: DefectKind, attempt: int) -> bool:
        if kind not in each.kinds or attempt >= len(self._ways[each.site, kind]) or self.proof.runs >= MAX_RUNS:
            return False
        if attempt and not self.proof.noticed(each.site, DefectKind.ERROR):
            # Who does not notice an error notices nothing: one more, of another kind, settles it
            return kind is DefectKind.ERROR and attempt == 1
        return not self.proof.noticed(each.site, kind) or (kind is DefectKind.ERROR and bool(self.proof.blind(each)))

    def _spoiled(self, sites: Sequence[Controlled], kind: DefectKind, attempt: int) -> None:
        """Where several together do not end, parts of them; one alone without which nothing runs was noticed."""
        run = self._run([self._ways[each.site, kind][attempt] for each in sites])
        if not run.finished and len(sites) > 1:
            for part in self._parted(sites, run):
                self._spoiled(part, kind, attempt)
            return
        for each in sites if run.finished or _stopped_by_it(run) else ():
            failed = {test for test in self._watching[each.site] if _failed(run, test)}
            self.proof.passed[each.site] -= failed
            self.proof.failed.setdefault((each.site, kind), set()).update(failed)

    def _parted(self, sites: Sequence[Controlled], run: SuiteRun) -> tuple[Sequence[Controlled], Sequence[Controlled]]:
        """Those whose test the run stood at, and the others; halves where nothing tells them apart."""
        at = run.report.first_missing
        suspects = [each for each in sites if at in self._watching[each.site]]
        if not suspects or len(suspects) == len(sites):
            return sites[: len(sites) // 2], sites[len(sites) // 2 :]
        return suspects, [each for each in sites if each not in suspects]

    def _run(self, variants: Sequence[Variant]) -> SuiteRun:
        self.proof.runs += 1
        return self._execute(variants, self._asked)


def _stopped_by_it(run: SuiteRun) -> bool:
    """Whether a run that did not end as it does with nothing spoiled tells of the code, and not of our limits."""
    return (
        run.state in (SuiteRunState.CRASHED, SuiteRunState.TIMEOUT, SuiteRunState.NO_TESTS)
        and not run.report.contradiction
    )


def _failed(run: SuiteRun, test: str) -> bool:
    outcome = run.report.outcomes.get(test)
    if outcome is None:
        return not run.finished or (test not in run.report.collected and bool(run.report.collect_errors))
    return outcome >= ReportedOutcome.FAILED


def batched(controlled: Iterable[Controlled]) -> list[tuple[Controlled, ...]]:
    """Sites that can be spoiled at once: each has a test of its own, none lies within another or runs at import."""
    batches: list[tuple[Controlled, ...]] = []
    for each in controlled:
        at = next((n for n, batch in enumerate(batches) if _apart([*batch, each])), None)
        if at is None:
            batches.append((each,))
        else:
            batches[at] = (*batches[at], each)
    return batches


def _apart(batch: Sequence[Controlled]) -> bool:
    functions = [(each.site.file, each.site.function) for each in batch if each.site.function]
    spans = sorted((file, function.line, function.end) for file, function in functions)
    nested = any(one[0] == two[0] and two[1] <= one[2] for one, two in pairwise(spans))
    loading = any(each.at_import for each in batch)
    return not nested and not loading and all(_own_tests(batch).values())


def _own_tests(batch: Sequence[Controlled]) -> dict[Controlled, list[str]]:
    """The tests that execute just one of the sites."""
    seen: dict[str, int] = {}
    for each in batch:
        for test in each.covering:
            seen[test] = seen.get(test, 0) + 1
    return {each: [test for test in each.covering if seen[test] == 1] for each in batch}


def _watching(batch: Sequence[Controlled], sites: int) -> dict[Controlled, frozenset[str]]:
    share = max(_FEWEST, MAX_TESTS // sites)
    return {each: frozenset(_spread(own or each.loaders, share)) for each, own in _own_tests(batch).items()}


def _spread(tests: Sequence[str], most: int) -> list[str]:
    """At most so many, evenly over the whole."""
    step = max(1, -(-len(tests) // most))
    return list(tests[::step])
