"""Runs: who asks for them, who executes them, how things stand."""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING

from sigma_core.runtime.parts.agents import AgentParts

if TYPE_CHECKING:
    from sigma_core.runtime.context import RunContext
    from sigma_core.runtime.execution import CycleFigures
    from sigma_core.runtime.heads import Heads
    from sigma_core.runtime.retention import Retention
    from sigma_core.runtime.runner import Runner
    from sigma_core.runtime.runs import Runs
    from sigma_core.runtime.schedule import Schedule
    from sigma_core.runtime.status import Status
    from sigma_core.runtime.tables import Run


class RunningParts(AgentParts):
    """The durable queue of runs, the schedule over it, and executors."""

    @cached_property
    def runs(self) -> Runs:
        from sigma_core.runtime.runs import Runs

        return Runs(self.database, self.clock)

    @cached_property
    def schedule(self) -> Schedule:
        from sigma_core.runtime.schedule import Schedule, intervals

        return Schedule(self.database, self.clock, self.runs, intervals(self.settings))

    @cached_property
    def heads(self) -> Heads:
        from sigma_core.runtime.heads import Heads

        return Heads(self.projects, self.schedule, self.runs)

    @cached_property
    def retention(self) -> Retention:
        from sigma_core.runtime.retention import Retention

        return Retention(self.exchange, self.runs, self.strategy_runs.record, self.verifier.forget_baselines)

    @cached_property
    def status(self) -> Status:
        from sigma_core.runtime.status import Status

        return Status(self.database, self.settings)

    def new_runner(self) -> Runner:
        """This process as an executor; each can be started once."""
        from sigma_core.runtime.executors import Executors, executor_name
        from sigma_core.runtime.leases import Leases
        from sigma_core.runtime.pulse import Pulse
        from sigma_core.runtime.runner import Limits, Runner

        settings, owner = self.settings, executor_name()
        leases = Leases(self.database, self.runs, lease_s=settings.run_lease_s, attempts=settings.run_attempts)
        pulse = Pulse(
            leases,
            Executors(self.database),
            owner=owner,
            kind=self._process,
            heartbeat_s=settings.heartbeat_s,
            patience_s=settings.drain_s,
        )
        return Runner(
            self.runs, leases, pulse, self.execute, owner=owner, limits=Limits(deadline_s=settings.run_deadline_s)
        )

    def execute(self, run: Run, context: RunContext) -> CycleFigures:
        """Do a run's cycle."""
        from sigma_core.jobs import RETENTION, STRATEGY
        from sigma_core.runtime.execution import CycleFigures

        if run.worker == RETENTION:
            ended, figures = self.retention.keep()
            return CycleFigures(produced=ended, figures=figures)
        if run.worker == STRATEGY:
            return CycleFigures(produced=self.strategy_runs.work_off(run.id or 0, context))
        if run.project_id is None:
            report = self.cycle.exchange(context)
        else:
            report = self.cycle.run(run.worker, self.projects.get(run.project_id), context)
            if self._process == "scheduler":
                self.heads.after(run, report.produced)
        self.canaries.advance()
        return CycleFigures(report.produced, report.published, report.received, report.figures)
