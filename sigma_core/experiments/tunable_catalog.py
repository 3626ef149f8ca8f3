"""The tunables of this release. What proves a fix, what decides by facts and what isolates is not among them."""

from collections.abc import Iterator, Sequence
from typing import Any

from sigma_core.errors import Invalid
from sigma_core.experiments.tunables import AnyTunable, Tunable, TunableRegistry
from sigma_core.plugins import Plugin, load

ACCEPTED, KEPT, ANSWERED, USEFUL, USED = "accepted", "kept", "answered", "useful", "used"
FORETOLD = "foretold"
"""Outcomes: proposals approved · changes that maintainers took and kept · model calls with a usable answer · knowledge
found useful · answers of the graph that changed what a worker did · how near the committee's score came to what became
of the change."""
MEMBERS = ("architect", "reviewer", "tester", "security", "optimizer")

DREAM_PROPOSALS = Tunable(
    "dream.proposals",
    "Fixes that dream writes in a cycle, at most: what a group run can verify in a few minutes.",
    100,
    "dream",
    (ACCEPTED, KEPT),
    10,
    200,
    worth_trying=(50, 200),
)
DREAM_TOGETHER = Tunable(
    "dream.together",
    "Fixes of one rule in one file that are one proposal, at most: what a person still reads in one go.",
    30,
    "dream",
    (ACCEPTED, KEPT),
    1,
    30,
    worth_trying=(10, 3),
)
DREAM_ASKED = Tunable(
    "dream.asked",
    "Issues that dream asks the model about in a cycle, at most.",
    10,
    "dream",
    (ACCEPTED, KEPT, ANSWERED),
    1,
    30,
    worth_trying=(5, 20),
    risk="medium",
    by_model=True,
)
DREAM_RECALLED = Tunable(
    "dream.recalled",
    "Answers of recall that dream shows the model with an issue, at most.",
    5,
    "dream",
    (ACCEPTED, KEPT, ANSWERED),
    0,
    15,
    worth_trying=(2, 10),
    by_model=True,
)
DREAM_LINES = Tunable(
    "dream.lines_around",
    "Lines before and after an issue that dream shows the model.",
    80,
    "dream",
    (ACCEPTED, KEPT, ANSWERED),
    10,
    300,
    worth_trying=(40, 160),
    by_model=True,
)
DREAM_FIRST_FIXER = Tunable(
    "dream.first_fixer",
    "Whose fixes dream takes first: the linter's own, or those of installed packages.",
    "linter",
    "dream",
    (ACCEPTED, KEPT),
    choices=("linter", "plugins"),
)
ANALYSIS_ASSESSED = Tunable(
    "analysis.assessed",
    "Issues that analysis asks the model to weigh in a cycle, at most.",
    20,
    "analysis",
    (ANSWERED,),
    1,
    50,
    worth_trying=(10, 40),
    by_model=True,
)
RECALL_CHOSEN = Tunable(
    "recall.chosen",
    "Hits that recall passes on about a rule, at most.",
    3,
    "recall",
    (USEFUL,),
    1,
    8,
    worth_trying=(1, 6),
)
RECALL_CANDIDATES = Tunable(
    "recall.candidates",
    "Hits from which recall chooses those it passes on.",
    10,
    "recall",
    (USEFUL,),
    3,
    40,
    worth_trying=(20, 5),
)
RECALL_MEANING = Tunable(
    "recall.meaning",
    "How much meaning weighs in recall's score, as a multiple of its measured weight.",
    1.0,
    "recall",
    (USEFUL,),
    0.25,
    4.0,
    worth_trying=(0.5, 2.0),
)
RECALL_GRAPH = Tunable(
    "recall.graph",
    "How much the graph weighs in recall's score, as a multiple of its measured weight.",
    1.0,
    "recall",
    (USEFUL,),
    0.25,
    4.0,
    worth_trying=(2.0, 0.5),
)
COMMITTEE_WEIGHTS = {
    member: Tunable(
        f"think.weight_of_{member}",
        f"How much the {member}'s vote weighs in the committee, as a multiple of the weight in force.",
        1.0,
        "think",
        (FORETOLD,),
        0.25,
        4.0,
        worth_trying=(2.0, 0.5),
        risk="medium",
        unit="proposal",
    )
    for member in MEMBERS
}
"""By member. Judged by a proper score alone: by what was approved a committee would be found best that approves all."""


def _whole(worker: str, strategy: str, parameter: str, default: int, low: int, high: int, *tried: int) -> Tunable[int]:
    about = f"The parameter {parameter} of {strategy}, as {worker} asks it."
    name = f"{worker}.{strategy}.{parameter}"
    return Tunable(name, about, default, worker, (USED,), low, high, worth_trying=tried)


def _fraction(worker: str, strategy: str, default: float, low: float, high: float, *tried: float) -> Tunable[float]:
    about = f"The similarity from which {strategy} finds things alike, as {worker} asks it."
    name = f"{worker}.{strategy}.similarity_threshold"
    return Tunable(name, about, default, worker, (USED,), low, high, worth_trying=tried)


STRATEGY_PARAMETERS: tuple[Tunable[int] | Tunable[float], ...] = (
    _fraction("dream", "semantic_similarity_search", 0.5, 0.3, 0.9, 0.4, 0.65),
    _whole("think", "multi_hop_exploration", "max_hops", 3, 1, 4, 2),
    _whole("learning", "temporal_evolution_analysis", "time_window_days", 90, 14, 365, 30, 180),
    _fraction("learning", "cross_domain_transfer", 0.8, 0.5, 0.95, 0.7),
    _whole("analysis", "graph_community_detection", "min_community_size", 3, 2, 10, 5),
)


BUILT_IN: tuple[AnyTunable, ...] = (
    DREAM_PROPOSALS,
    DREAM_TOGETHER,
    DREAM_ASKED,
    DREAM_RECALLED,
    DREAM_LINES,
    DREAM_FIRST_FIXER,
    ANALYSIS_ASSESSED,
    RECALL_CHOSEN,
    RECALL_CANDIDATES,
    RECALL_MEANING,
    RECALL_GRAPH,
    *COMMITTEE_WEIGHTS.values(),
    *STRATEGY_PARAMETERS,
)
GROUP = "sigma.tunables"
"""Entry points of packages that let parameters of strategies be tuned."""


def installed() -> TunableRegistry:
    """Those of this release, and those that installed packages bring (entry points ``sigma.tunables``)."""
    return TunableRegistry((*BUILT_IN, *load(GROUP, _fit).things))


def strategy_parameters(worker: str, strategy: str) -> Iterator[tuple[str, AnyTunable]]:
    """The parameters of a strategy that may be tuned for a worker, by name."""
    for each in installed():
        prefix, _, parameter = each.name.rpartition(".")
        if prefix == f"{worker}.{strategy}":
            yield parameter, each


def _fit(_plugin: Plugin, value: Any, known: Sequence[AnyTunable]) -> AnyTunable:  # noqa: ANN401 (of others)
    """A parameter of a strategy: of whatever else, nobody would read it."""
    from sigma_core.strategies import registry

    if not isinstance(value, Tunable):
        raise Invalid({"tunable": "is not a Tunable"})
    if value.name in {each.name for each in (*BUILT_IN, *known)}:
        raise Invalid({"name": f"there is a tunable {value.name} already"})
    prefix, _, parameter = value.name.rpartition(".")
    worker, _, name = prefix.partition(".")
    allowed = {each.name: each for each in registry.StrategyRegistry(registry.installed()).allowed(worker)}
    field = allowed[name].model_fields.get(parameter) if name in allowed else None
    if worker != value.reader or field is None:
        raise Invalid({"name": "is not worker.strategy.parameter, of a strategy that its reader may run"})
    if field.default != value.checked(value.default):
        raise Invalid({"default": f"is not the strategy's own, {field.default}"})
    if value.outcomes != (USED,):
        raise Invalid({"outcomes": f"are not {USED}, by which strategies are judged"})
    return value
