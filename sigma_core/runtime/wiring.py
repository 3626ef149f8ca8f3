"""Runs: who asks for them, who executes them, how things stand; each part built when it is first used."""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from sigma_core.clock import Clock
    from sigma_core.database import Database
    from sigma_core.exchange.wiring import ExchangeServices
    from sigma_core.experiments.wiring import ExperimentServices
    from sigma_core.llm.wiring import LlmServices
    from sigma_core.projects.wiring import ProjectServices
    from sigma_core.prompts.wiring import PromptServices
    from sigma_core.proposals.wiring import ProposalServices
    from sigma_core.runtime.commit_watcher import CommitWatcher
    from sigma_core.runtime.context import RunContext
    from sigma_core.runtime.execution import CycleFigures
    from sigma_core.runtime.inbox import PersonInbox
    from sigma_core.runtime.notices.service import Notices
    from sigma_core.runtime.retention import Retention
    from sigma_core.runtime.runner import Runner
    from sigma_core.runtime.runs import Runs
    from sigma_core.runtime.schedule import Schedule
    from sigma_core.runtime.search import ObjectSearch
    from sigma_core.runtime.status import Status
    from sigma_core.runtime.tables import Run
    from sigma_core.runtime.why import Traces
    from sigma_core.settings import Settings
    from sigma_core.workers.wiring import WorkerServices


class RuntimeServices:
    """The durable queue of runs, the schedule over it, and executors."""

    def __init__(
        self,
        settings: Settings,
        database: Database,
        clock: Clock,
        *,
        process: str,
        projects: ProjectServices,
        prompts: PromptServices,
        exchange: ExchangeServices,
        experiments: ExperimentServices,
        llm: LlmServices,
        proposals: ProposalServices,
        workers: WorkerServices,
    ) -> None:
        """`process`: scheduler, command or console."""
        self._settings, self._database, self._clock, self._process = settings, database, clock, process
        self._projects, self._prompts, self._exchange = projects, prompts, exchange
        self._experiments, self._proposals, self._workers, self._llm = experiments, proposals, workers, llm

    @cached_property
    def runs(self) -> Runs:
        from sigma_core.runtime.runs import Runs

        return Runs(self._database, self._clock)

    @cached_property
    def schedule(self) -> Schedule:
        from sigma_core.runtime.schedule import Schedule, intervals

        return Schedule(self._database, self._clock, self.runs, intervals(self._settings))

    @cached_property
    def commit_watcher(self) -> CommitWatcher:
        from sigma_core.runtime.commit_watcher import CommitWatcher

        return CommitWatcher(self._projects.service, self.schedule, self.runs)

    @cached_property
    def retention(self) -> Retention:
        from sigma_core.runtime.retention import Retention
        from sigma_core.runtime.witnessed_time import RetentionTime

        return Retention(
            time=RetentionTime(self._database),
            exchange=self._exchange.service,
            runs=self.runs,
            strategy_runs=self._experiments.strategy_runs.record,
            forget_baselines=self._proposals.verifier.forget_baselines,
            forget_texts=self._llm.forget_texts,
            forget_notices=self.notices.prune,
            forget_orders=self._proposals.orders.forget,
        )

    @cached_property
    def status(self) -> Status:
        from sigma_core.runtime.status import Status

        return Status(self._database, self._settings)

    @cached_property
    def inbox(self) -> PersonInbox:
        from sigma_core.runtime.inbox import PersonInbox

        return PersonInbox(
            self._database,
            exchange=self._exchange.service,
            desk=self._exchange.console,
            budgets=self._llm.budgets,
            notices=self.notices,
            model=lambda: self._llm.model.name,
        )

    @cached_property
    def notices(self) -> Notices:
        from sigma_core.runtime.notices.service import Notices

        return Notices(self._database, self._clock, self._settings)

    @cached_property
    def search(self) -> ObjectSearch:
        from sigma_core.runtime.search import ObjectSearch

        return ObjectSearch(self._database)

    @cached_property
    def traces(self) -> Traces:
        from sigma_core.runtime.why import Traces

        return Traces(self._database, self._clock, lambda: self._exchange.service.registry)

    def new_runner(self) -> Runner:
        """This process as an executor; each can be started once."""
        from sigma_core.runtime.executors import Executors, executor_name
        from sigma_core.runtime.heartbeat import Heartbeat
        from sigma_core.runtime.leases import Leases
        from sigma_core.runtime.runner import Limits, Runner

        settings, owner = self._settings, executor_name()
        leases = Leases(self._database, self.runs, lease_s=settings.run_lease_s, attempts=settings.run_attempts)
        heartbeat = Heartbeat(
            leases,
            Executors(self._database),
            owner=owner,
            kind=self._process,
            heartbeat_s=settings.heartbeat_s,
            patience_s=settings.drain_s,
        )
        return Runner(
            self.runs, leases, heartbeat, self.execute, owner=owner, limits=Limits(deadline_s=settings.run_deadline_s)
        )

    def execute(self, run: Run, context: RunContext) -> CycleFigures:
        """Do a run's cycle."""
        from sigma_core.jobs import EVOLUTION, RETENTION, STRATEGY
        from sigma_core.runtime.execution import CycleFigures

        if run.worker == RETENTION:
            ended, figures = self.retention.keep()
            return CycleFigures(produced=ended, figures=figures)
        if run.worker == STRATEGY:
            return CycleFigures(produced=self._experiments.strategy_runs.work_off(run.id or 0, context))
        if run.worker == EVOLUTION:
            return CycleFigures(produced=self._prompts.evolutions.work_off(run.id or 0, context))
        if run.project_id is None:
            report = self._workers.cycle.exchange(context)
        else:
            report = self._workers.cycle.run(run.worker, self._projects.service.get(run.project_id), context)
            if self._process == "scheduler":
                self.commit_watcher.after(run, report.produced)
        self._prompts.canaries.advance()
        self._experiments.prompt_trials.follow()
        self._experiments.trial_watch.advance()
        return CycleFigures(report.produced, report.published, report.received, report.figures)
