"""Control runs: where the changed code is spoiled, the tests that cover it must fail.

Judged by outcomes alone. Trials ask for the same tests in the same way, and in one of them, nobody inside can know
which, nothing is spoiled: code that lets failures through when it is controlled does so there too.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise
from random import Random
from types import MappingProxyType

from sigma_core.proposals.evidence import SuiteRunState
from sigma_core.proposals.verification.bench import Bench, Trial
from sigma_core.proposals.verification.patched_tree import Site
from sigma_core.proposals.verification.proof import Controlled, Proof
from sigma_core.proposals.verification.report import ReportedOutcome
from sigma_core.proposals.verification.sabotage import DefectKind
from sigma_core.proposals.verification.sampling import sampled
from sigma_core.proposals.verification.suite_run import SuiteRun
from sigma_core.proposals.verification.variants import Variant

MAX_RUNS = 80
"""Where each trial is a run of its own."""
MAX_TRIALS = 400
MAX_TESTS = 200
_FEWEST = 5
_TRUE = 2
"""Trials with nothing spoiled, where one may know of those before it: who lies in some has to hit upon just these."""
_ATTEMPTS = 3
_MOST_ASLEEP = 12
"""Places of which the base is asked whether their tests are blind there too: each takes a run or two."""

Spoil = Callable[[Site, DefectKind], Sequence[Variant]]
"""Ways to spoil a site, in the order in which they are tried."""
Base = Callable[[frozenset[str]], SuiteRun]
"""Runs the given tests of the base."""
Asleep = Callable[[Site, Iterable[str]], frozenset[str]]
"""Which of the tests pass in the base too, although the same place raises there."""


@dataclass(frozen=True)
class _Trial:
    """Sites that are spoiled at once; no site and no kind: nothing is. `asked` are the tests of all trials among which
    nobody inside can know that one."""

    asked: frozenset[str]
    sites: tuple[Controlled, ...] = ()
    kind: DefectKind | None = None
    afresh: bool = False
    """Whether the tests have to load the code anew to meet it; so they do in the trial where nothing is spoiled."""

    aside: bool = False
    """It tells nothing about a site: only which tests pass by themselves."""

    @property
    def true(self) -> "_Trial":
        """The same with nothing spoiled."""
        return _Trial(self.asked, afresh=self.afresh)


def prove(
    controlled: Sequence[Controlled],
    spoil: Spoil,
    bench: Bench,
    base: Base,
    chance: Random,
    others: frozenset[str] = frozenset(),
    asleep: Asleep = lambda _site, _tests: frozenset(),
    seconds: Mapping[str, float] = MappingProxyType({}),
) -> Proof:
    """Spoil all sites, as many at once as can be told apart; what is not noticed once more and otherwise.

    Of `others` it is found out beside which of them pass by themselves, where a trial costs little. `seconds` tell how
    long tests take: where not all that execute a site are asked, quick ones are.
    """
    batches = batched(controlled)
    by_batch = [_watching(batch, len(controlled), seconds) for batch in batches]
    watching = {each.site: tests for those in by_batch for each, tests in those.items()}
    every = frozenset(test for tests in watching.values() for test in tests)
    # Where a trial costs little, the tests of other places need not run in it; else they make one form of all
    asked = [frozenset[str]().union(*those.values()) if bench.apart else every for those in by_batch]
    ways = {(each.site, kind): spoil(each.site, kind) for each in controlled for kind in each.kinds}
    trials = [
        _Trial(tests, batch, kind, afresh=bench.apart and any(map(_loads, batch)))
        for batch, tests in zip(batches, asked, strict=True)
        for kind in DefectKind
    ]
    series = _Series(watching, ways, bench)
    first = [each for each in trials if each.asked]
    true = list(dict.fromkeys(each.true for each in first))
    # One that starts by itself knows nothing of those before it
    first += [each for each in true for _ in range(_TRUE if bench.apart and not each.afresh else 1)]
    first += [_Trial(others, aside=True)] if first and others and bench.apart else []
    chance.shuffle(first)
    series.run(first, 0)
    if series.proof.unequal:
        series.compare(base)
    for attempt in range(1, _ATTEMPTS if first else 1):
        series.run(trials, attempt)
    series.ask_before(controlled, asleep)
    return series.proof


class _Series:
    """Runs trials and keeps what they showed."""

    def __init__(
        self,
        watching: Mapping[Site, frozenset[str]],
        ways: Mapping[tuple[Site, DefectKind], Sequence[Variant]],
        bench: Bench,
    ) -> None:
        self._watching, self._ways, self._bench = watching, ways, bench
        self._most = MAX_TRIALS if bench.apart else MAX_RUNS
        self._true: list[_Trial] = []
        self.proof = Proof(passed={site: set(tests) for site, tests in watching.items()})

    def run(self, trials: Sequence[_Trial], attempt: int) -> None:
        """What of the trials is still open, as many in one start as can be. What did not end is run in parts."""
        due = [found for each in trials if (found := self._due(each, attempt))]
        while due:
            runs = self._runs(due, attempt)
            due = [part for each, run in zip(due, runs, strict=True) for part in self._learned(each, run)]

    def compare(self, base: Base) -> None:
        """Tests that do not pass like this even in the base depend on others; those that now pass are flaky."""
        unequal = self.proof.unequal
        true = [each for each in dict.fromkeys(self._true) if not each.asked.isdisjoint(unequal)]
        runs = self._runs(true, 0)
        again = frozenset(test for each, run in zip(true, runs, strict=True) for test in _not_passing(run, each.asked))
        again &= unequal
        if again:
            asked = frozenset(test for each in true for test in each.asked)
            self.proof.untrue = again - _not_passing(base(asked), asked)

    def ask_before(self, controlled: Iterable[Controlled], asleep: Asleep) -> None:
        """Tests that look at nothing before the change are not its fault, where others notice."""
        noticed = [each for each in controlled if self.proof.noticed(each.site, DefectKind.ERROR)]
        for each in [each for each in noticed if self.proof.blind(each)][:_MOST_ASLEEP]:
            self.proof.asleep[each.site] = asleep(each.site, self.proof.blind(each))

    def _due(self, trial: _Trial, attempt: int) -> _Trial | None:
        if trial.kind is None:
            return trial
        sites = tuple(each for each in trial.sites if self._is_due(each, trial.kind, attempt))
        return replace(trial, sites=sites) if sites else None

    def _is_due(self, each: Controlled, kind: DefectKind, attempt: int) -> bool:
        if kind not in each.kinds or attempt >= len(self._ways[each.site, kind]) or self.proof.runs >= self._most:
            return False
        if attempt and not self.proof.noticed(each.site, DefectKind.ERROR):
            # Who does not notice an error notices nothing: one more, of another kind, settles it
            return kind is DefectKind.ERROR and attempt == 1
        return not self.proof.noticed(each.site, kind) or (kind is DefectKind.ERROR and bool(self.proof.blind(each)))

    def _runs(self, trials: Sequence[_Trial], attempt: int) -> list[SuiteRun]:
        self.proof.runs += len(trials)
        asked = [
            Trial(
                tuple(self._ways[each.site, one.kind][attempt] for each in one.sites if one.kind),
                one.asked,
                afresh=one.afresh,
            )
            for one in trials
        ]
        return [run for run in self._bench.run(asked) if run is not None]

    def _learned(self, trial: _Trial, run: SuiteRun) -> list[_Trial]:
        """Keep what it showed. Where several together did not end, parts of them; one alone without which nothing runs
        was noticed."""
        if trial.aside:
            self.proof.sound |= trial.asked - _not_passing(run, trial.asked)
            return []
        if trial.kind is None:
            self._true.append(trial)
            self.proof.sound |= trial.asked - _not_passing(run, trial.asked)
            self.proof.unequal |= _not_passing(run, trial.asked)
            return []
        if not run.finished and len(trial.sites) > 1:
            return [replace(trial, sites=tuple(part)) for part in self._parted(trial.sites, run)]
        for each in trial.sites if run.finished or _stopped_by_it(run) else ():
            failed = {test for test in self._watching[each.site] if _failed(run, test)}
            self.proof.passed[each.site] -= failed
            self.proof.failed.setdefault((each.site, trial.kind), set()).update(failed)
        return []

    def _parted(self, sites: Sequence[Controlled], run: SuiteRun) -> tuple[Sequence[Controlled], Sequence[Controlled]]:
        """Those whose test the run stood at, and the others; halves where nothing tells them apart."""
        at = run.report.first_missing
        suspects = [each for each in sites if at in self._watching[each.site]]
        if not suspects or len(suspects) == len(sites):
            return sites[: len(sites) // 2], sites[len(sites) // 2 :]
        return suspects, [each for each in sites if each not in suspects]


def _not_passing(run: SuiteRun, asked: frozenset[str]) -> frozenset[str]:
    return frozenset(test for test in asked if run.report.outcomes.get(test) is not ReportedOutcome.PASSED)


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


def _loads(each: Controlled) -> bool:
    """Whether spoiling it shows when its file is loaded, and only then for certain."""
    return each.at_import or each.site.function is None


def _own_tests(batch: Sequence[Controlled]) -> dict[Controlled, list[str]]:
    """The tests that execute just one of the sites."""
    seen: dict[str, int] = {}
    for each in batch:
        for test in each.covering:
            seen[test] = seen.get(test, 0) + 1
    return {each: [test for test in each.covering if seen[test] == 1] for each in batch}


def _watching(
    batch: Sequence[Controlled], sites: int, seconds: Mapping[str, float]
) -> dict[Controlled, frozenset[str]]:
    share = max(_FEWEST, MAX_TESTS // sites)
    return {each: frozenset(sampled(own or each.loaders, share, seconds)) for each, own in _own_tests(batch).items()}
