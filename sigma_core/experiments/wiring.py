"""What is tried, and what came of it: what the room `experiments` offers, each part built when it is first used."""

from __future__ import annotations

from dataclasses import asdict
from functools import cached_property
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from sigma_core.clock import Clock
    from sigma_core.codebase.wiring import CodebaseServices
    from sigma_core.database import Database
    from sigma_core.experiments.catalog import StrategyCatalog
    from sigma_core.experiments.prompt_trials import PromptTrials
    from sigma_core.experiments.run_history import RunHistory
    from sigma_core.experiments.service import Experiments
    from sigma_core.experiments.strategy_runs import Enqueue, StrategyRuns
    from sigma_core.experiments.trial_watch import Costs, TrialWatch, UnitOutcomes
    from sigma_core.experiments.trials import ExperimentTrials
    from sigma_core.experiments.tunable_values import TunableLookup
    from sigma_core.graph.reader import GraphReader
    from sigma_core.graph.wiring import GraphServices
    from sigma_core.llm.wiring import LlmServices
    from sigma_core.projects.tables import Project
    from sigma_core.projects.wiring import ProjectServices
    from sigma_core.prompts.wiring import PromptServices
    from sigma_core.strategies.blast_radius import BlastRadius
    from sigma_core.strategies.context import Explainer


class ExperimentServices:
    """Experiments, and strategies that ask the graph."""

    def __init__(
        self,
        database: Database,
        clock: Clock,
        *,
        projects: ProjectServices,
        llm: LlmServices,
        prompts: PromptServices,
        graph: GraphServices,
        codebase: CodebaseServices,
        enqueue: Enqueue,
        unit_outcomes: Callable[[], tuple[Mapping[str, UnitOutcomes], Costs]],
    ) -> None:
        """`enqueue`: as `StrategyRuns` takes it; `unit_outcomes`: how units of experiments went and what they cost."""
        self._unit_outcomes = unit_outcomes
        self._database, self._clock, self._enqueue = database, clock, enqueue
        self._projects, self._llm, self._prompts, self._graph = projects, llm, prompts, graph
        self._codebase = codebase

    @cached_property
    def service(self) -> Experiments:
        from sigma_core.experiments.service import Experiments

        return Experiments(self._database, self._clock, self.prompt_trials)

    @cached_property
    def prompt_trials(self) -> PromptTrials:
        from sigma_core.experiments.prompt_trials import PromptTrials

        return PromptTrials(self._database, self._clock, self._prompts.canaries)

    @cached_property
    def values(self) -> TunableLookup:
        """The door by which workers read what may be experimented with."""
        from sigma_core.experiments.tunable_values import TunableLookup

        return TunableLookup(self._database, self._clock)

    @cached_property
    def trials(self) -> ExperimentTrials:
        from sigma_core.experiments.trials import ExperimentTrials
        from sigma_core.experiments.tunable_catalog import installed

        return ExperimentTrials(self._database, self._clock, installed(), self.values)

    @cached_property
    def trial_watch(self) -> TrialWatch:
        from sigma_core.experiments.trial_watch import TrialWatch
        from sigma_core.experiments.tunable_catalog import installed

        return TrialWatch(self._database, self._clock, installed(), *self._unit_outcomes())

    @cached_property
    def strategy_catalog(self) -> StrategyCatalog:
        from sigma_core.experiments.catalog import StrategyCatalog
        from sigma_core.strategies.registry import StrategyRegistry, installed

        return StrategyCatalog(
            StrategyRegistry(installed()), self.graph_reader, self._run_history, self._explainer, self._endpoints
        )

    def _endpoints(self, project_id: int | None) -> Mapping[str, str]:
        """Routes that functions of a project answer, by their full names; none where all projects are asked about."""
        return {} if project_id is None else self._codebase.endpoints(self._projects.service.get(project_id))

    @cached_property
    def strategy_runs(self) -> StrategyRuns:
        from sigma_core.experiments.run_state import StrategyRunStates
        from sigma_core.experiments.strategy_runs import StrategyRuns

        states = StrategyRunStates(self._database, self._clock)
        return StrategyRuns(self._database, self.strategy_catalog, self._run_history, states, self._enqueue)

    @cached_property
    def _run_history(self) -> RunHistory:
        from sigma_core.experiments.run_history import RunHistory

        return RunHistory(self._database, self._clock)

    def blast_radius(self, project_id: int, changed: Sequence[str], hops: int = 3) -> BlastRadius | None:
        """What a change of these may reach, by the code as it was read last; None where none of them is known.

        `changed`: full names of functions, classes or modules. The graph's server is not asked.
        """
        from sigma_core.strategies.blast_radius import blast_radius

        snapshot = self._codebase.snapshots.of(project_id)
        starts = [position for name in changed for position in snapshot.positions(name)]
        return blast_radius(snapshot, starts, hops) if starts else None

    def graph_reader(self, project_id: int | None) -> GraphReader:
        """What is known now in a project and everywhere, or of all projects."""
        from sigma_core.graph.graph_rows import SHARED, group_id
        from sigma_core.graph.reader import SnapshotReader

        chosen, embedder = self._chosen(project_id), self._graph.embedder
        names = {group_id(project.id): project.name for project in chosen}
        # Questions about a project that keeps its text are not put to a server
        keeps = embedder is not None and embedder.remote and any(not project.model_allowed for project in chosen)
        return SnapshotReader(
            self._graph.snapshots, (*names, SHARED), self._clock(), None if keeps else self._graph.vectors, names
        )

    def _explainer(self, project_id: int | None) -> Explainer | None:
        """A model tells the paths of projects that allow it; else the rule does."""
        from sigma_core.prompts.path_explainer import PathExplainer

        chosen, model = self._chosen(project_id), self._llm.model
        if not model.remote or not all(map(model.allows, chosen)):
            return None
        tell, project = PathExplainer(self._prompts.questions), chosen[0] if project_id is not None and chosen else None
        return lambda steps: tell([asdict(step) for step in steps], project)

    def _chosen(self, project_id: int | None) -> Sequence[Project]:
        """The project of this id, or all there are."""
        return [project for project in self._projects.service.list() if project_id in (None, project.id)]
