"""What the graph's answers change: each worker reads those of its own experiments."""

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TypeVar

from sigma_core.experiments.tables import StrategyRun
from sigma_core.graph.vocabulary import PATTERN, RULE
from sigma_core.learning.evolution import Evolution
from sigma_core.learning.posterior import rule_of
from sigma_core.workers import strategy_results
from sigma_core.workers.strategy_experiments import StrategyExperiments

Found = TypeVar("Found", bound=Mapping[str, object])
UNKNOWN = 0.5
"""Acceptance to expect of what nothing is known about."""
STANDS_OUT = 3.5
"""Robust z-score from which an entity is odd enough to act on."""


@dataclass(frozen=True)
class StrategyEffects:
    """The answers to one worker's questions. What is used of an answer is noted with its run."""

    experiments: StrategyExperiments
    worker: str

    def related(self, project_id: int, rule: str) -> Mapping[str, int]:
        """Patterns that a walk from a rule reaches, each with its hops."""
        for run in self._answers("multi_hop_exploration", project_id):
            if run.parameters.get("start_entity") == rule:
                return self._note_use(
                    run,
                    {each.name: round(each.figure) for each in strategy_results.reached(run) if PATTERN in each.kinds},
                )
        return {}

    def explanations(self, project_id: int, start: str, end: str) -> str | None:
        """How two entities hang together, in words."""
        for run in self._answers("path_explanation", project_id):
            if (run.parameters.get("start"), run.parameters.get("end")) == (start, end):
                return strategy_results.explained(run)
        return None

    def likely(self, project_id: int, acceptance: Mapping[str, float]) -> Mapping[str, float]:
        """Acceptance to expect (0–1) of rules nobody has told of, by those that are like them."""
        found: dict[str, float] = {}
        for run in self._answers("semantic_similarity_search", project_id):
            rule = run.parameters.get("entity")
            if rule is None:
                continue
            # What says the same in other words, like a rule that was renamed, speaks alone
            rates = (
                by_likeness(near, rule, acceptance)
                for near in (strategy_results.same(run), strategy_results.similar(run))
            )
            rate = next((each for each in rates if each is not None), None)
            if rate is not None:
                found |= self._note_use(run, {rule: rate})
        return found

    def courses(self, project_id: int) -> Mapping[str, Evolution]:
        """Where patterns go by their facts over time, where that is told from chance."""
        found: dict[str, Evolution] = {}
        for run in self._answers("temporal_evolution_analysis", project_id):
            if (course := strategy_results.course(run)) is not None:
                found |= self._note_use(run, {str(run.parameters.get("entity_name")): course})
        return found

    def priors(self, project_id: int, acceptance: Callable[[str], Mapping[str, float]]) -> Mapping[str, float]:
        """Acceptance to expect (0–1) by rule from a project that knows more; `acceptance`: a project's own, by name."""
        found: dict[str, float] = {}
        for run in self._answers("cross_domain_transfer", project_id):
            known = acceptance(str(run.parameters.get("source_domain")))
            found |= self._note_use(run, priors(strategy_results.transferred(run), known))
        return found

    def heat(self, project_id: int, open_issues: Mapping[str, int]) -> Mapping[str, float]:
        """By rule, how much of the open issues (0–1) lies in its community. `open_issues`: count by rule."""
        found: dict[str, float] = {}
        for run in self._answers("graph_community_detection", project_id):
            names = ([member.name for member in each] for each in strategy_results.communities(run))
            found |= self._note_use(run, heat(names, open_issues))
        return found

    def odd(self, project_id: int) -> Mapping[str, float]:
        """Kinds of issue that stand out in the graph, each with how far."""
        found: dict[str, float] = {}
        for run in self._answers("anomaly_detection", project_id):
            found |= self._note_use(
                run,
                {
                    each.name: each.figure
                    for each in strategy_results.odd(run)
                    if RULE in each.kinds and each.figure >= STANDS_OUT
                },
            )
        return found

    def precedents(self, project_id: int, function: str) -> Sequence[str]:
        """What is told of functions that are like one and had fixes, the likest first."""
        for run in self._answers("semantic_similarity_search", project_id):
            if run.parameters.get("function") == function:
                found = strategy_results.mended_alike(run)
                self._note_use(run, dict.fromkeys(found))
                return found
        return ()

    def churn(self, project_id: int) -> Mapping[str, float]:
        """Modules that changed lately, the one that changed most as 1, the others by their share of its changes."""
        found: dict[str, float] = {}
        for run in self._answers("temporal_evolution_analysis", project_id):
            shares = strategy_results.churn(run)
            most = max(shares.values(), default=0.0)
            found |= self._note_use(run, {name: share / most for name, share in shares.items() if most})
        return found

    def code_anomalies(self, project_id: int) -> Sequence[strategy_results.ToldAnomaly]:
        """What is wrong with the shape of a project's code, by kind of answer the gravest first."""
        told: list[strategy_results.ToldAnomaly] = []
        for strategy in ("anomaly_detection", "graph_community_detection"):
            for run in self._answers(strategy, project_id):
                found = strategy_results.code_anomalies(run)
                self._note_use(run, {each.name: each for each in found})
                told += found
        return told

    def areas(self, project_id: int, modules: Mapping[str, Sequence[str]]) -> Mapping[str, float]:
        """By rule, the share of all findings (0–1) that lie in one community of modules with it.

        `modules`: by rule, the module of each finding.
        """
        total = sum(map(len, modules.values()))
        found: dict[str, float] = {}
        for run in self._answers("graph_community_detection", project_id):
            if run.parameters.get("look_at") != "modules" or not total:
                continue
            number = {
                member.name: place
                for place, members in enumerate(strategy_results.communities(run))
                for member in members
            }
            inside = Counter(number[each] for some in modules.values() for each in some if each in number)
            found |= {
                rule: share
                for rule, some in modules.items()
                if (share := max((inside[number[each]] / total for each in some if each in number), default=0.0))
            }
            self._note_use(run, found)
        return found

    def _answers(self, strategy: str, project_id: int) -> Iterator[StrategyRun]:
        yield from self.experiments.answers(self.worker, strategy, project_id)

    def _note_use(self, run: StrategyRun, found: Found) -> Found:
        """What was found, with a note that it is used, where it is the first time."""
        if found and run.used_at is None:
            self.experiments.used(run)
        return found


def by_likeness(
    near: Iterable[strategy_results.NamedEntity], rule: str, acceptance: Mapping[str, float]
) -> float | None:
    """Acceptance to expect of a rule by those alike: their mean by likeness, drawn to ½ as the nearest is far.

    `near`: kinds of issue or patterns with their likeness (0–1). None where nothing is known of any.
    """
    known = [
        (each.figure, acceptance[rule_of(each.name)])
        for each in near
        if rule_of(each.name) != rule and rule_of(each.name) in acceptance
    ]
    total = sum(likeness for likeness, _ in known)
    if rule in acceptance or total <= 0:
        return None
    mean = sum(likeness * rate for likeness, rate in known) / total
    return UNKNOWN + (mean - UNKNOWN) * min(1.0, max(likeness for likeness, _ in known))


def priors(matches: Sequence[tuple[str, str, float]], known: Mapping[str, float]) -> dict[str, float]:
    """Acceptance by rule of the target: what the source knows of the nearest, drawn to ½ as it is far."""
    nearest: dict[str, tuple[float, float]] = {}
    for source, target, likeness in matches:
        rate = known.get(rule_of(source))
        rule = rule_of(target)
        if rate is not None and likeness > nearest.get(rule, (0.0, 0.0))[0]:
            nearest[rule] = likeness, rate
    return {rule: UNKNOWN + (rate - UNKNOWN) * min(1.0, likeness) for rule, (likeness, rate) in nearest.items()}


def heat(communities: Iterable[Sequence[str]], open_issues: Mapping[str, int]) -> dict[str, float]:
    """By rule, the share of all open issues (0–1) whose rules lie in the same community."""
    total = sum(open_issues.values())
    found: dict[str, float] = {}
    for members in communities:
        rules = {rule for name in members if (rule := rule_of(name)) in open_issues}
        share = sum(open_issues[rule] for rule in rules) / total if total else 0.0
        found |= {rule: max(share, found.get(rule, 0.0)) for rule in rules}
    return found
