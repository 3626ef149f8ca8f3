"""Experiments: the dreamer's, and strategies that ask the graph."""

from __future__ import annotations

from dataclasses import asdict
from functools import cached_property
from typing import TYPE_CHECKING

from sigma_core.runtime.parts.knowledge import KnowledgeParts

if TYPE_CHECKING:
    from sqlmodel import Session

    from sigma_core.experiments.catalog import StrategyCatalog
    from sigma_core.experiments.record import RunRecord
    from sigma_core.experiments.service import StrategyRuns
    from sigma_core.experiments.trials import Experiments
    from sigma_core.graph.reader import GraphReader
    from sigma_core.graph.snapshots import Snapshots
    from sigma_core.strategies.context import Explainer
    from sigma_core.workers.explaining import WhyTrace
    from sigma_core.workers.guidance import Guidance
    from sigma_core.workers.inquiries import Inquiries


class ExperimentParts(KnowledgeParts):
    """What is tried, and what came of it."""

    @cached_property
    def experiments(self) -> Experiments:
        from sigma_core.experiments.trials import Experiments

        return Experiments(self.database, self.clock)

    @cached_property
    def strategy_catalog(self) -> StrategyCatalog:
        from sigma_core.experiments.catalog import StrategyCatalog
        from sigma_core.strategies.registry import StrategyRegistry, installed

        return StrategyCatalog(StrategyRegistry(installed()), self.graph_reader, self._strategy_record, self._explainer)

    def _explainer(self, project_id: int | None) -> Explainer | None:
        """A model tells the paths of projects that allow it; else the rule does."""
        from sigma_core.prompts.path_explainer import PathExplainer

        chosen = [project for project in self.projects.list() if project_id in (None, project.id)]
        if not self.model.remote or not all(map(self.model.allows, chosen)):
            return None
        tell, project = PathExplainer(self.questions), chosen[0] if project_id is not None and chosen else None
        return lambda steps: tell([asdict(step) for step in steps], project)

    @cached_property
    def _strategy_record(self) -> RunRecord:
        from sigma_core.experiments.record import RunRecord

        return RunRecord(self.database, self.clock)

    @cached_property
    def graph_snapshots(self) -> Snapshots:
        from sigma_core.graph.snapshots import Snapshots

        return Snapshots(self.graph)

    def graph_reader(self, project_id: int | None) -> GraphReader:
        """What is known now in a project and everywhere, or of all projects."""
        from sigma_core.graph.reader import SnapshotReader
        from sigma_core.graph.shape import SHARED, group_id

        chosen = [project for project in self.projects.list() if project_id in (None, project.id)]
        names = {group_id(project.id): project.name for project in chosen}
        # Questions about a project that keeps its text are not put to a server
        keeps = (
            self.embedder is not None and self.embedder.remote and any(not project.model_allowed for project in chosen)
        )
        return SnapshotReader(
            self.graph_snapshots, (*names, SHARED), self.clock(), None if keeps else self.vectors, names
        )

    @cached_property
    def strategy_runs(self) -> StrategyRuns:
        from sigma_core.experiments.lives import RunLives
        from sigma_core.experiments.service import StrategyRuns

        lives = RunLives(self.database, self.clock)
        return StrategyRuns(
            self.database, self.strategy_catalog, self._strategy_record, lives, self._enqueue_strategies
        )

    @cached_property
    def inquiries(self) -> Inquiries:
        from sigma_core.workers.inquiries import Inquiries
        from sigma_core.workers.questions import Questions

        return Inquiries(self.database, self.clock, lambda: self.strategy_runs, Questions(self.database).by_worker())

    @cached_property
    def why(self) -> WhyTrace:
        from sigma_core.workers.explaining import WhyTrace

        return WhyTrace(self.database, self.clock)

    def _guidance(self, worker: str) -> Guidance:
        from sigma_core.workers.guidance import Guidance

        return Guidance(self.inquiries, worker)

    def _enqueue_strategies(self, session: Session, actor: str) -> None:
        """Ask for the job that works off what waits; one that is asked for already will do."""
        from sigma_core.jobs import STRATEGY
        from sigma_core.runtime.runs import PERSONAL_PRIORITY, Runs

        runs = Runs(self.database, self.clock)
        runs.enqueue(STRATEGY, requested_by=actor, priority=PERSONAL_PRIORITY, session=session)
