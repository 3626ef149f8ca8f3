"""The five workers and what they remember, each part built when it is first used."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import cached_property
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from sigma_core.clock import Clock
    from sigma_core.codebase.wiring import CodebaseServices
    from sigma_core.database import Database
    from sigma_core.exchange.wiring import ExchangeServices
    from sigma_core.experiments.wiring import ExperimentServices
    from sigma_core.issues.tables import Issue
    from sigma_core.issues.wiring import IssueServices
    from sigma_core.learning.wiring import LearningServices
    from sigma_core.llm.wiring import LlmServices
    from sigma_core.projects.tables import Project
    from sigma_core.projects.wiring import ProjectServices
    from sigma_core.prompts.wiring import PromptServices
    from sigma_core.proposals.fixers.base import Fixer
    from sigma_core.proposals.wiring import ProposalServices
    from sigma_core.recall.wiring import RecallServices
    from sigma_core.settings import Settings
    from sigma_core.workers.analysis import AnalysisWorker
    from sigma_core.workers.base import Cycle, Worker
    from sigma_core.workers.context_model import ContextModel
    from sigma_core.workers.dream import DreamWorker
    from sigma_core.workers.explanations import WhyTrace
    from sigma_core.workers.learning import LearningWorker
    from sigma_core.workers.recall import RecallWorker
    from sigma_core.workers.received_knowledge import ReceivedKnowledge
    from sigma_core.workers.risk_model import RiskModel
    from sigma_core.workers.rule_priorities import RulePriorities
    from sigma_core.workers.strategy_effects import StrategyEffects
    from sigma_core.workers.strategy_experiments import StrategyExperiments
    from sigma_core.workers.think import ThinkWorker

MOST_FLAWED = 10
"""Open issues of which is asked what mended functions like theirs."""


class WorkerServices:
    """The workers in one cycle, and what each of them has made of what it was told."""

    def __init__(
        self,
        settings: Settings,
        database: Database,
        clock: Clock,
        *,
        projects: ProjectServices,
        codebase: CodebaseServices,
        issues: IssueServices,
        llm: LlmServices,
        prompts: PromptServices,
        exchange: ExchangeServices,
        experiments: ExperimentServices,
        recall: RecallServices,
        proposals: ProposalServices,
        learning: LearningServices,
        dreamer: Callable[[], Worker],
    ) -> None:
        """`dreamer`: the meta-agent, who takes part in the same cycle."""
        self._settings, self._database, self._clock = settings, database, clock
        self._projects, self._issues, self._llm, self._prompts = projects, issues, llm, prompts
        self._codebase = codebase
        self._exchange, self._experiments, self._recall = exchange, experiments, recall
        self._proposals, self._learning, self._dreamer = proposals, learning, dreamer

    @cached_property
    def cycle(self) -> Cycle:
        """The six agents."""
        from sigma_core.workers.base import Cycle

        workers: Sequence[Worker] = (
            self._analysis,
            self._dream,
            self._think,
            self._learning_worker,
            self._recall_worker,
            self._dreamer(),
        )
        return Cycle(
            database=self._database,
            clock=self._clock,
            exchange=self._exchange.service,
            workers={worker.name: worker for worker in workers},
            effects={"learning": self._learning.service.hear},
            experiment=self.strategy_experiments.in_cycle,
        )

    @property
    def _analysis(self) -> AnalysisWorker:
        from sigma_core.projects.readiness import environment_digest
        from sigma_core.workers.analysis import AnalysisWorker
        from sigma_core.workers.severity_review import SeverityReview

        effects_for_analysis = self.strategy_effects("analysis")
        return AnalysisWorker(
            database=self._database,
            clock=self._clock,
            projects=self._projects.service,
            issues=self._issues.service,
            priorities=self._priorities,
            assess=SeverityReview(
                self._database, self._projects.service, self._prompts.questions, self._experiments.values
            ),
            prove_again=self._proposals.service.prove_again,
            read_code=self._codebase.read,
            follow=self._proposals.following.follow,
            environment=environment_digest,
            heat=effects_for_analysis.heat,
            odd=effects_for_analysis.odd,
            areas=self._areas,
            code_anomalies=effects_for_analysis.code_anomalies,
        )

    def _areas(self, project: Project, files: Mapping[str, Sequence[str]]) -> Mapping[str, float]:
        """How much of all findings lies in one area of the code with each rule's, by the modules of its files."""
        modules = self._codebase.changed.modules(project, project.head)
        named = {rule: [modules[each] for each in some if each in modules] for rule, some in files.items()}
        return self.strategy_effects("analysis").areas(project.id or 0, named)

    @property
    def _dream(self) -> DreamWorker:
        from sigma_core.proposals.fixers import registry as fixers
        from sigma_core.workers.dream import DreamWorker

        return DreamWorker(
            database=self._database,
            clock=self._clock,
            projects=self._projects.service,
            issues=self._issues.service,
            policy=self._issues.rule_preferences.policy,
            proposals=self._proposals.service,
            linters=fixers.BUILT_IN,
            plugins=fixers.installed(),
            patterns=self._learning.pattern_fixer,
            model=self._model_fixer if self._llm.model.remote else None,
            recall=self._recall.search,
            experiments=self._experiments.service,
            likely=self.strategy_effects("dream").likely,
            acceptance=self._priorities,
            exchange=self._exchange.service,
            received=self.received_knowledge("dream"),
            busy_files=self._busy_files,
            precedents=self._known_alike,
            values=self._experiments.values,
        )

    def _model_fixer(self, project_id: int, run_id: int) -> Fixer:
        from sigma_core.experiments.tunable_catalog import DREAM_LINES

        return self._proposals.model_fixer(run_id, self._experiments.values.value(DREAM_LINES, project_id, run_id))

    def _known_alike(self, project: Project, issue: Issue) -> Sequence[str]:
        """What patterns say of the place of an issue, then what is told of functions like the one it is in."""
        lines = (issue.line, issue.end_line)
        told = [each.text for each in self._learning.pattern_advice.at(project, issue.file, lines, issue.rule)]
        return [*told, *self._fixes_alike(project, issue)]

    def _fixes_alike(self, project: Project, issue: Issue) -> Sequence[str]:
        """What is told of functions like the one that an issue is in."""
        effects = self.strategy_effects("dream")
        names = self._codebase.changed.names(project, project.head, {issue.file: [issue.line]})
        return [text for name in names for text in effects.precedents(project.id or 0, name)]

    def _flawed_functions(self, project: Project) -> Sequence[str]:
        """Full names of the functions that the worst open issues are in."""
        if not project.head:
            return ()
        worst = self._issues.service.worst_open(project.id or 0, MOST_FLAWED)
        lines = {each.file: [each.line] for each in reversed(worst)}
        return self._codebase.changed.names(project, project.head, lines)

    def _busy_files(self, project: Project) -> Mapping[str, float]:
        """How often files changed lately, as analysis has found out of their modules."""
        busy = self.strategy_effects("analysis").churn(project.id or 0)
        modules = self._codebase.changed.modules(project, project.head) if busy else {}
        return {path: busy[name] for path, name in modules.items() if name in busy}

    @property
    def _think(self) -> ThinkWorker:
        from sigma_core.workers.think import ThinkWorker

        return ThinkWorker(
            database=self._database,
            clock=self._clock,
            exchange=self._exchange.service,
            received=self.received_knowledge("think"),
            projects=self._projects.service,
            proposals=self._proposals.service,
            review=self._proposals.review,
            rebasing=self._proposals.rebasing,
            applying=self._proposals.applying,
            autonomy=self._settings.autonomy,
        )

    @property
    def _learning_worker(self) -> LearningWorker:
        from sigma_core.workers.code_pattern_review import CodePatternReview
        from sigma_core.workers.learning import LearningWorker
        from sigma_core.workers.pattern_review import PatternReview

        return LearningWorker(
            database=self._database,
            learning=self._learning.service,
            extract=CodePatternReview(
                self._learning.pattern_study,
                PatternReview(self._database, self._clock, self._learning.service, self._prompts.questions),
            ),
            courses=self.strategy_effects("learning").courses,
            look_back=self._learning.look_back,
            reckon=self._learning.expectations.reckon,
            take_in_outcomes=self._learning.committee.update,
        )

    @property
    def _recall_worker(self) -> RecallWorker:
        from sigma_core.workers.context_selection import ContextSelection
        from sigma_core.workers.recall import RecallWorker

        return RecallWorker(
            issues=self._issues.service,
            recall=self._recall.search,
            questions=self._prompts.questions,
            selection=ContextSelection(self._database, self._clock),
            values=self._experiments.values,
        )

    @cached_property
    def _priorities(self) -> RulePriorities:
        from sigma_core.workers.rule_priorities import RulePriorities

        return RulePriorities(
            received=self.received_knowledge("analysis"),
            own=self._learning.service.acceptance,
            priors=self._priors,
            expected=self._learning.expectations.of,
        )

    def _priors(self, project_id: int) -> Mapping[str, float]:
        """Acceptance to expect (0–1) by rule in a project, by what another one that is like it has learned."""
        return self.strategy_effects("learning").priors(
            project_id, lambda name: self._learning.service.acceptance(self._projects.service.get(name).id or 0)
        )

    @cached_property
    def risk_model(self) -> RiskModel:
        """What the think worker knows of proposals like one."""
        from sigma_core.workers.change_reach import ReachOfChanges
        from sigma_core.workers.risk_model import RiskModel

        return RiskModel(
            received=self.received_knowledge("think"),
            precedents=self._learning.service.precedents,
            related=self.strategy_effects("think").related,
            reach=ReachOfChanges(self._changed_code, self._experiments.blast_radius),
        )

    def _changed_code(self, project_id: int, commit: str, lines: Mapping[str, Sequence[int]]) -> Sequence[str]:
        return self._codebase.changed.names(self._projects.service.get(project_id), commit, lines)

    @cached_property
    def context_model(self) -> ContextModel:
        """What the recall worker knows of the contexts that questions are asked in."""
        from sigma_core.workers.context_model import ContextModel

        return ContextModel(self.received_knowledge("recall"))

    @cached_property
    def strategy_experiments(self) -> StrategyExperiments:
        from sigma_core.workers.strategy_experiments import StrategyExperiments
        from sigma_core.workers.strategy_plans import StrategyPlans

        return StrategyExperiments(
            database=self._database,
            clock=self._clock,
            runs=lambda: self._experiments.strategy_runs,
            values=self._experiments.values,
            by_worker=StrategyPlans(self._database, self._flawed_functions).by_worker(),
        )

    @cached_property
    def why(self) -> WhyTrace:
        from sigma_core.workers.explanations import WhyTrace

        return WhyTrace(self._database, self._clock)

    def received_knowledge(self, worker: str) -> ReceivedKnowledge:
        """What a worker was told and still holds."""
        from sigma_core.workers.received_knowledge import ReceivedKnowledge

        return ReceivedKnowledge(self._database, self._exchange.service, worker)

    def strategy_effects(self, worker: str) -> StrategyEffects:
        """What the graph's answers change for a worker."""
        from sigma_core.workers.strategy_effects import StrategyEffects

        return StrategyEffects(self.strategy_experiments, worker)
