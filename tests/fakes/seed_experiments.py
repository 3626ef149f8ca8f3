"""Runs of strategies on a seeded graph, and experiments of the dreamer."""

from datetime import timedelta

from sigma_core.errors import NotFound
from sigma_core.experiments.tables import Experiment, ExperimentStatus, ExperimentVerdict
from sigma_core.runtime.system import System

ASKED = (
    ("multi_hop_exploration", "think", {"start_entity": "S608"}),
    ("temporal_evolution_analysis", "learning", {"entity_name": "S608"}),
    ("graph_community_detection", "analysis", {}),
    ("multi_hop_exploration", "think", {"start_entity": "S608", "max_hops": 1}),
    ("multi_hop_exploration", "think", {"start_entity": "S60"}),
)
"""The last asks for what there is not."""


def seed_experiments(system: System) -> None:
    """Strategy runs 1 to 5, of which the last failed; experiments 1, which helps, and 2, which is open."""
    for strategy, worker, parameters in ASKED:
        try:
            system.experiments.strategy_runs.run(strategy, worker, parameters, actor="ada", project_id=1)
        except NotFound:
            assert strategy == "multi_hop_exploration"
    now = system.clock()
    common = {
        "scope": "project/1",
        "worker": "dreamer",
        "project_id": 1,
        "metric": "accepted share",
        "risk": "low",
        "approach": "Proposals with and without knowledge are counted apart.",
        "changed_at": now,
        "rollback_plan": "Dream works without context again.",
    }
    with system.database.transaction() as session:
        session.add(
            Experiment(
                name="Knowledge as context",
                hypothesis="Fixes with knowledge are accepted more often. <b>really</b>",
                baseline={"value": 0.5, "n": 40},
                result={"value": 0.82, "n": 44},
                improvement=0.32,
                low=0.11,
                high=0.49,
                verdict=ExperimentVerdict.HELPS,
                standing=ExperimentStatus.PROMOTED,
                decided_by="dreamer",
                reason="The interval leaves zero out.",
                created_at=now - timedelta(days=3),
                **common,
            )
        )
        session.flush()
        session.add(
            Experiment(
                name="Wider context",
                hypothesis="Twice as much context helps.",
                baseline={"value": None, "n": 0},
                result={"value": 0.5, "n": 4},
                created_at=now,
                **common,
            )
        )
