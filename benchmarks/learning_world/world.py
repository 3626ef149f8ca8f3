"""Projects whose maintainers want known things, and change their minds once."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from random import Random

from sigma_core.projects.sandbox import Grade
from sigma_core.proposals import diff as diffs
from sigma_core.proposals.evidence import (
    ChangeCoverage,
    ControlRun,
    ControlState,
    Deltas,
    Evidence,
    SuiteRunState,
    TargetCheck,
    TestComparison,
    TestCounts,
    TestRun,
)
from sigma_core.proposals.verification.patch import Change

RULES = tuple(f"SIM{number:03}" for number in range(12))
TASTES = 3
"""Kinds of maintainers; each wants most of what its kind wants."""
DRIFTING = 0.4
"""Of projects, the share whose maintainers change their minds about half of the rules."""
_PASSED = TestRun(state=SuiteRunState.PASSED, counts=TestCounts(passed=40))


@dataclass(frozen=True)
class SimulatedProject:
    """Probability that a small, proved fix of each rule is taken, before and after the drift."""

    name: str
    before: Mapping[str, float]
    after: Mapping[str, float]


@dataclass(frozen=True)
class RuleCosts:
    """Seconds that proving a fix takes, and the probability that it breaks a test."""

    seconds: float
    breaks: float


@dataclass
class World:
    """All that is drawn by chance comes from one seed; both copies of SIGMA meet the same world."""

    seed: int
    count: int
    drift_at: int
    projects: Sequence[SimulatedProject] = field(init=False)
    costs: Mapping[str, RuleCosts] = field(init=False)

    def __post_init__(self) -> None:
        chance = Random(f"world/{self.seed}")
        self.costs = {rule: RuleCosts(chance.uniform(5, 60), chance.uniform(0.02, 0.3)) for rule in RULES}
        tastes = [{rule: chance.choice((0.15, 0.5, 0.92)) for rule in RULES} for _ in range(TASTES)]
        self.projects = [self._project(number, chance, tastes) for number in range(self.count)]

    def _project(self, number: int, chance: Random, tastes: Sequence[Mapping[str, float]]) -> SimulatedProject:
        taste = tastes[number % TASTES]
        before = {rule: min(0.97, max(0.03, chance.gauss(taste[rule], 0.12))) for rule in RULES}
        after = dict(before)
        if chance.random() < DRIFTING:
            after |= {rule: 1 - before[rule] for rule in chance.sample(RULES, len(RULES) // 2)}
        return SimulatedProject(f"p{number:03}", before, after)

    def wants(self, project: int, rule: str, week: int) -> float:
        """Probability that a fix of the rule is taken there then."""
        known = self.projects[project]
        return (known.after if week >= self.drift_at else known.before)[rule]

    def is_drifting(self, project: int) -> bool:
        """Whether its maintainers change their minds."""
        return self.projects[project].before != self.projects[project].after

    def evidence(self, change: Change, key: str) -> Evidence:
        """What verifying a fix shows: how large it is, what of it tests run, whether it breaks one."""
        chance, costs = Random(f"evidence/{self.seed}/{key}"), self.costs[change.rule or ""]
        lines = max(2, int(chance.expovariate(1 / 25)))
        executed = chance.choice((6, 8, 10, 10))
        broken = ["tests/test_it.py::test_it"] if chance.random() < costs.breaks else []
        return Evidence(
            base_commit=change.base_commit,
            diff_sha256=diffs.digest(diffs.parse(change.diff)),
            grade=Grade.FULL,
            applies=True,
            target=TargetCheck(rule=change.rule, before=1, after=0, gone=True),
            deltas=Deltas(lines_added=lines, lines_removed=lines, files=1, hunks=1 + lines // 20),
            tests=TestComparison(baseline=_PASSED, after=_PASSED, newly_failed=broken),
            coverage=ChangeCoverage(added=10, added_executed=executed, covering_tests=executed // 2),
            control=ControlRun(state=ControlState.PROVED),
            duration_ms=int(1000 * costs.seconds * chance.uniform(0.7, 1.4)),
        )

    def is_taken(self, project: int, rule: str, week: int, evidence: Evidence, key: str) -> bool:
        """What the maintainers do with an approved fix: large ones are wanted less."""
        size = min(0.5, evidence.deltas.lines_added / 200)
        return Random(f"taken/{self.seed}/{key}").random() < self.wants(project, rule, week) * (1 - size)

    def survives(self, evidence: Evidence, key: str) -> bool:
        """Whether what was taken is kept: what tests do not run comes back now and then."""
        kept = 0.75 + 0.025 * evidence.coverage.added_executed
        return Random(f"kept/{self.seed}/{key}").random() < min(0.99, kept)
