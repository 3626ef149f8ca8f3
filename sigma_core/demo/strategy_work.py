"""Questions to the graph and experiments in the demonstration."""

from collections.abc import Mapping, Sequence
from contextlib import suppress
from typing import Any

from sigma_core.errors import Conflict, SigmaError
from sigma_core.experiments.trial_terms import TrialPlan, TrialTerms
from sigma_core.runtime.system import System

ANALYST = "eve"
ASKED: Sequence[tuple[str, str, Mapping[str, Any]]] = (
    ("multi_hop_exploration", "think", {"start_entity": "shop.cart"}),
    ("graph_community_detection", "analysis", {}),
    ("anomaly_detection", "analysis", {}),
    ("temporal_evolution_analysis", "learning", {"entity_name": "B006"}),
    ("semantic_similarity_search", "recall", {"query": "shared mutable default"}),
    ("multi_hop_exploration", "think", {"start_entity": "shop.basket"}),
)
"""Strategy, worker, parameters; the last asks for what there is not."""
TRIED: Sequence[tuple[str, tuple[int, ...], str]] = (
    ("dream.recalled", (8,), "More answers of recall with an issue give fixes that are taken more often."),
    ("dream.lines_around", (40,), "Half of the lines around an issue will do."),
)


def ask(system: System) -> None:
    """Run each here and now; what fails is recorded."""
    for strategy, worker, parameters in ASKED:
        with suppress(SigmaError):
            system.experiments.strategy_runs.run(strategy, worker, parameters, actor=ANALYST)


def try_tunables(system: System) -> None:
    """Start two experiments."""
    for tunable, settings, hypothesis in TRIED:
        plan = TrialPlan(tunable, settings, hypothesis, TrialTerms("accepted"))
        experiment = system.experiments.trials.propose(plan, actor=ANALYST)
        with suppress(Conflict):  # the dreamer tries enough by itself; then it waits for its turn
            system.experiments.trials.start(experiment.id or 0, actor=ANALYST, reason="Worth a try.")
