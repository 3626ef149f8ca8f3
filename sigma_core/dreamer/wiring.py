"""The dreamer, built of what it works with."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from sigma_core.clock import Clock
    from sigma_core.database import Database
    from sigma_core.dreamer.worker import DreamerWorker
    from sigma_core.experiments.wiring import ExperimentServices
    from sigma_core.prompts.wiring import PromptServices


def build_dreamer(
    database: Database, clock: Clock, *, experiments: ExperimentServices, prompts: PromptServices
) -> DreamerWorker:
    """The meta-agent; its modules are loaded now."""
    from sigma_core.dreamer.canary_proposals import CanaryProposals
    from sigma_core.dreamer.evolution_proposals import EvolutionProposals
    from sigma_core.dreamer.experiment_proposals import ExperimentProposals
    from sigma_core.dreamer.worker import DreamerWorker

    proposing = ExperimentProposals(
        database=database,
        clock=clock,
        trials=experiments.trials,
        outcomes=experiments.trial_watch.outcomes,
        questions=prompts.questions,
    )
    evolving = EvolutionProposals(database, clock, prompts.evolutions, prompts.questions)
    trying = CanaryProposals(database, prompts.canaries)
    return DreamerWorker(
        database=database,
        clock=clock,
        experiments=experiments.service,
        propose=proposing,
        evolve=lambda: {**trying(), **evolving()},
    )
