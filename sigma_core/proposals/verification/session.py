"""All changes on one base: measured in groups, proved by control runs, written down as evidence."""

import secrets
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from sigma_core.proposals.evidence import ControlRun, ControlState
from sigma_core.proposals.verification.baseline import Baseline, Baselines
from sigma_core.proposals.verification.bench import Bench
from sigma_core.proposals.verification.candidate import Candidate, Site
from sigma_core.proposals.verification.control import Controlled, Proof, one_of_each_file, prove, sabotaged
from sigma_core.proposals.verification.executed import Executed, executed
from sigma_core.proposals.verification.groups import culprits
from sigma_core.proposals.verification.measure import Measured, Measuring
from sigma_core.proposals.verification.patch import Patch
from sigma_core.proposals.verification.report import Outcome, Report
from sigma_core.proposals.verification.runs import TestRunner


@dataclass(frozen=True)
class Verified:
    """One patch with the run that judges it."""

    patch: Patch
    measured: Measured
    executed: Executed | None
    """None where no line can be followed: the runner tells no tests, or a file cannot be read."""
    control: ControlRun


class Session:
    """Verifies groups of patches against one baseline."""

    def __init__(
        self, bench: Bench, runner: TestRunner, baselines: Baselines, baseline: Baseline, say: Callable[[str], None]
    ) -> None:
        self._bench, self._runner, self._baseline, self._say = bench, runner, baseline, say
        self._measuring = Measuring(bench, runner, baselines, baseline)

    def settle(self, patches: Sequence[Patch]) -> list[Verified]:
        """A verdict of the tests on every patch: all together, and apart from those that break something."""
        if len(patches) > 1 and not Candidate(patches).is_sound:
            return [each for patch in patches for each in self.settle([patch])]
        self._say(f"running the tests with {_said(patches)}")
        measured = self._measuring.measure(patches)
        if measured.clean or len(patches) == 1:
            return self._written(measured)
        blamed = self._blame(measured)
        rest = [patch for patch in patches if patch not in blamed]
        if not rest:
            return [each for patch in patches for each in self.settle([patch])]
        return self.settle(rest) + [each for patch in blamed for each in self.settle([patch])]

    def _blame(self, measured: Measured) -> list[Patch]:
        telling = measured.telling
        self._say(f"looking for what broke {len(telling)} tests" if telling else "looking for what broke the run")
        patches = measured.candidate.patches
        suspects = [patch for patch in patches if self._touches(patch, measured, telling)]
        return culprits(patches, suspects, lambda some: self._measuring.fails(some, telling))

    def _touches(self, patch: Patch, measured: Measured, tests: frozenset[str]) -> bool:
        found = self._executed(patch, measured)
        return found is not None and bool(found.direct & tests)

    def _executed(self, patch: Patch, measured: Measured) -> Executed | None:
        if self._baseline.run.report.runner is None or not patch.is_readable:
            return None
        return executed(patch, measured.candidate, self._baseline.run.report, measured.run.report)

    def _written(self, measured: Measured) -> list[Verified]:
        found = {id(patch): self._executed(patch, measured) for patch in measured.candidate.patches}
        controls = self._control(measured, found)
        return [
            Verified(patch, measured, found[id(patch)], controls[id(patch)]) for patch in measured.candidate.patches
        ]

    def _control(self, measured: Measured, found: Mapping[int, Executed | None]) -> dict[int, ControlRun]:
        patches = measured.candidate.patches
        if not measured.clean:
            why = "it was not run, as the tests fail already."
            return {id(patch): ControlRun(state=ControlState.NOT_RUN, detail=why) for patch in patches}
        sites = {
            id(patch): self._sites(patch, measured) if found[id(patch)] is not None else [] for patch in patches
        }  # fmt: skip
        wanted = list({each.site: each for those in sites.values() for each in those}.values())
        if wanted:
            self._say(f"control runs for {len(wanted)} changed places")
        proof = prove(wanted, lambda tokens, only: self._sabotage(measured.candidate, tokens, only), _token)
        return {id(patch): _told(sites[id(patch)], proof, followed=found[id(patch)] is not None) for patch in patches}

    def _sites(self, patch: Patch, measured: Measured) -> list[Controlled]:
        report = measured.run.report
        passed = [name for name in report.collected if report.outcomes.get(name) is Outcome.PASSED]
        # A file of which nothing ran was never loaded: raising in it could not be seen
        sites = [site for site in measured.candidate.sites(patch) if report.masks.get(site.file)]
        return list(dict.fromkeys(_controlled(site, report, passed) for site in sites))

    def _sabotage(self, candidate: Candidate, tokens: Mapping[Site, str], only: frozenset[str]) -> Report:
        contents = dict(candidate.contents)
        for path in {site.file for site in tokens}:
            here = {site: token for site, token in tokens.items() if site.file == path}
            contents[path] = sabotaged(candidate.contents[path] or "", here)
        with self._bench.holding(contents) as tree:
            return self._runner.run(tree, only=only).report


def _controlled(site: Site, report: Report, passed: Sequence[str]) -> Controlled:
    if site.function is not None:
        executing = report.tests_executing(site.file, site.function.body_mask)
        covering = tuple(name for name in passed if name in executing)
        if covering:
            return Controlled(site, covering)
    # Nothing calls it in a test: raising where it is defined shows that it is this file that is loaded
    place = Site(site.file, site.line, None)
    using = report.tests_executing(site.file, -1)
    separator = "::" if report.runner == "pytest" else "."
    files = one_of_each_file([name for name in passed if name in using] or passed, separator)
    return Controlled(place, (), files)


def _told(sites: Sequence[Controlled], proof: Proof, *, followed: bool) -> ControlRun:
    names = [each.site.name for each in sites]
    if not sites:
        why = "no test loads the changed code." if followed else "no line of the change can be followed."
        return ControlRun(state=ControlState.NOT_RUN, detail=why)
    for each in sites:
        if each.site in proof.disproved:
            detail = f"{proof.disproved[each.site]} passes although {each.site.name}, which it executes, raises."
            return ControlRun(state=ControlState.DISPROVED, functions=names, detail=detail)
    unseen = [each.site.name for each in sites if each.site not in proof.proved]
    if unseen:
        detail = f"no test failed because {unseen[0]} raises."
        return ControlRun(state=ControlState.NOT_RUN, functions=names, detail=detail)
    return ControlRun(state=ControlState.PROVED, functions=names)


def _token() -> str:
    return f"sigma-control-{secrets.token_hex(8)}"


def _said(patches: Sequence[Patch]) -> str:
    return "the change" if len(patches) == 1 else f"{len(patches)} changes"
