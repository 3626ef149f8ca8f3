"""All changes on one base: measured in groups, proved by control runs, written down as evidence."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from random import Random, SystemRandom

from sigma_core.formatting import duration
from sigma_core.proposals.evidence import ControlRun, ControlState, Differential, MutatedStatement
from sigma_core.proposals.verification.base_tree import BaseTree
from sigma_core.proposals.verification.baseline import Baseline, Baselines
from sigma_core.proposals.verification.bench import Bench
from sigma_core.proposals.verification.blind_tests import BlindTests
from sigma_core.proposals.verification.control import prove
from sigma_core.proposals.verification.differential import compared
from sigma_core.proposals.verification.executed_statements import ExecutedStatements, executed
from sigma_core.proposals.verification.forked_bench import ForkedBench, Forking
from sigma_core.proposals.verification.forked_trials import RUNNERS
from sigma_core.proposals.verification.groups import Fails, culprits
from sigma_core.proposals.verification.measure import Measurement, Measuring
from sigma_core.proposals.verification.mutation.account import mutated
from sigma_core.proposals.verification.mutation.budget import MutationBudget
from sigma_core.proposals.verification.mutation.targets import MutationTarget, targets_of
from sigma_core.proposals.verification.patch import Patch
from sigma_core.proposals.verification.patched_tree import PatchedTree, Site
from sigma_core.proposals.verification.proof import Proof, control_run
from sigma_core.proposals.verification.runs import TestRunner
from sigma_core.proposals.verification.sabotage import DefectKind, defects
from sigma_core.proposals.verification.sites import sites_of
from sigma_core.proposals.verification.suite_run import SuiteRun
from sigma_core.proposals.verification.variants import Variant, varied

_FAILED = "it was not run, as the tests fail already."
_NEEDLESS = "it was not run, and no mutant was tried, as a person decides whatever they show."


@dataclass(frozen=True)
class Verified:
    """One patch with the run that judges it."""

    patch: Patch
    measured: Measurement
    executed: ExecutedStatements | None
    """None where no line can be followed: the runner tells no tests, or a file cannot be read."""
    control: ControlRun
    mutants: Sequence[MutatedStatement] = ()
    clashes_with: tuple[int, ...] = ()
    """Proposals that come first, together with one of which it breaks what it keeps alone."""


class Session:
    """Verifies groups of patches against one baseline."""

    def __init__(
        self,
        base_tree: BaseTree,
        runner: TestRunner,
        baselines: Baselines,
        baseline: Baseline,
        say: Callable[[str], None],
        chance: Random | None = None,
        budget: MutationBudget | None = None,
        settled: Callable[[Patch], bool] = lambda _: False,
        vetoed: Callable[[Patch], bool] = lambda _: False,
    ) -> None:
        """`settled` tells of a patch that a person has to look at whatever its mutants show, `vetoed` of one to which
        no proof of its tests makes a difference either."""
        self._budget, self._settled, self._vetoed = budget or MutationBudget(0), settled, vetoed
        self._base_tree, self._runner, self._baseline, self._say = base_tree, runner, baseline, say
        # Not to be foreseen by project code
        self._chance = chance or SystemRandom()
        self._measuring = Measuring(base_tree, runner, baselines, baseline)
        report = baseline.run.report
        self._forking = Forking(report.runner in RUNNERS, report.seconds)

    def settle(self, patches: Sequence[Patch]) -> list[Verified]:
        """A verdict of the tests on every patch: all together, and apart from those that break something."""
        if len(patches) > 1 and not PatchedTree(patches).is_sound:
            return self._in_order([], patches, lambda some: not PatchedTree(some).is_sound)
        usual = duration(self._baseline.run.duration_ms)
        self._say(f"running the tests with {_changes_phrase(patches)}; without, they took {usual}")
        measured = self._measuring.measure(patches)
        if measured.clean or len(patches) == 1:
            return self._written(measured)
        blamed = self._blame(measured)
        rest = [patch for patch in patches if patch not in blamed]
        settled = self.settle(rest) if rest else []
        telling = measured.telling
        return settled + self._in_order(rest, blamed, lambda some: self._measuring.fails(some, telling))

    def _in_order(self, kept: Sequence[Patch], apart: Sequence[Patch], fails: Fails) -> list[Verified]:
        """Each of `apart` alone. One that passes alone, and fails with what was kept before it, clashes with that."""
        together, settled = [*kept], []
        for patch in apart:
            (verified,) = self.settle([patch])
            if verified.measured.clean:
                first = [each for each in together if each in apart]
                if first and fails([*together, patch]):
                    verified = replace(verified, clashes_with=tuple(each.change.proposal_id for each in first))
                else:
                    together.append(patch)
            settled.append(verified)
        return settled

    def compare(self, verified: Sequence[Verified]) -> dict[int, Differential]:
        """Old and new versions of what claims to behave alike, where the tests have nothing against it."""
        clean = [each.patch for each in verified if each.measured.clean]
        if any(patch.change.promise for patch in clean):
            self._say("comparing old and new functions on the same inputs")
        return compared(clean, self._runner, self._base_tree.root, self._baseline.run.report)

    def _blame(self, measured: Measurement) -> list[Patch]:
        telling = measured.telling
        self._say(f"looking for what broke {len(telling)} tests" if telling else "looking for what broke the run")
        patches = measured.candidate.patches
        suspects = [patch for patch in patches if self._touches(patch, measured, telling)]
        return culprits(patches, suspects, lambda some: self._measuring.fails(some, telling))

    def _touches(self, patch: Patch, measured: Measurement, tests: frozenset[str]) -> bool:
        found = self._executed(patch, measured)
        return found is not None and bool(found.direct & tests)

    def _executed(self, patch: Patch, measured: Measurement) -> ExecutedStatements | None:
        if self._baseline.run.report.runner is None or not patch.is_readable:
            return None
        return executed(patch, measured.candidate, self._baseline.run.report, measured.run.report, self._baseline.stuck)

    def _written(self, measured: Measurement) -> list[Verified]:
        found = {id(patch): self._executed(patch, measured) for patch in measured.candidate.patches}
        places = {
            id(patch): targets_of(patch, measured)
            for patch in measured.candidate.patches
            if self._is_mutable(patch, measured, found[id(patch)])
        }
        controls, proof = self._control(measured, found, places)
        # Where it can still make a difference
        open_ = {
            patch: those
            for patch, those in places.items()
            if controls[patch].state in (ControlState.PROVED, ControlState.UNCHECKED)
        }
        mutants = mutated(open_, self._bench(measured.candidate), self._budget, proof.sound - proof.unequal)
        return [
            Verified(patch, measured, found[id(patch)], controls[id(patch)], mutants.get(id(patch), ()))
            for patch in measured.candidate.patches
        ]

    def _is_mutable(self, patch: Patch, measured: Measurement, run: ExecutedStatements | None) -> bool:
        """Whether mutants of it may be asked for."""
        ran = run is not None and not run.unexecuted
        return bool(self._budget.seconds) and measured.clean and ran and not self._settled(patch)

    def _control(
        self,
        measured: Measurement,
        found: Mapping[int, ExecutedStatements | None],
        places: Mapping[int, Sequence[MutationTarget]],
    ) -> tuple[dict[int, ControlRun], Proof]:
        patches = measured.candidate.patches
        spared = {
            id(patch): ControlRun(state=ControlState.NOT_RUN, detail=_NEEDLESS if measured.clean else _FAILED)
            for patch in patches
            if self._vetoed(patch) or not measured.clean
        }
        proved = [patch for patch in patches if id(patch) not in spared]
        if not proved:
            return spared, Proof()
        sites = {id(patch): sites_of(patch, measured) if found[id(patch)] is not None else [] for patch in proved}
        every = sorted((each for those in sites.values() for each in those), key=lambda each: not each.stands_in)
        wanted = list({each.site: each for each in every}.values())
        if wanted:
            self._say(f"control runs for {len(wanted)} changed places")
        candidate = measured.candidate

        def spoil(site: Site, kind: DefectKind) -> list[Variant]:
            return defects(candidate.contents[site.file] or "", site, kind, self._chance)

        proof = prove(
            wanted,
            spoil,
            self._bench(candidate),
            lambda only: self._runner.run(self._base_tree.root, only=only, plain=True),
            self._chance,
            frozenset(test for those in places.values() for each in those if each.mutants for test in each.tests),
            BlindTests(self._base_tree, self._runner, self._baseline.run.report, self._chance).in_base,
            self._baseline.run.report.seconds,
        )
        states = {
            id(patch): control_run(sites[id(patch)], proof, followed=found[id(patch)] is not None) for patch in proved
        }
        return states | spared, proof

    def _bench(self, candidate: PatchedTree) -> Bench:
        def execute(variants: Sequence[Variant], only: frozenset[str]) -> SuiteRun:
            return self.outcomes(candidate, variants, only)

        return ForkedBench(self._runner, self._base_tree, candidate.contents, self._forking, execute)

    def outcomes(self, candidate: PatchedTree, variants: Sequence[Variant], only: frozenset[str]) -> SuiteRun:
        """These tests on a candidate with parts of it written otherwise. No run of this form looks like another."""
        with self._base_tree.holding(varied(candidate.contents, variants)) as tree:
            return self._runner.run(tree, only=only, plain=True)


def _changes_phrase(patches: Sequence[Patch]) -> str:
    return "the change" if len(patches) == 1 else f"{len(patches)} changes"
