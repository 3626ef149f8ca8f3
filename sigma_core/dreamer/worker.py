"""Dreamer: record how the workers' cycles went and what they told each other; compare what helps."""

from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import ClassVar

from sqlmodel import Session, col, select

from sigma_core.clock import Clock
from sigma_core.database import Database
from sigma_core.dreamer.comparison import DESIGN, comparison_result, shares
from sigma_core.dreamer.knowledge_log import read_on, unread
from sigma_core.exchange.types import BUILT_IN
from sigma_core.experiments.service import Experiments
from sigma_core.projects.tables import Project
from sigma_core.workers.base import CycleContext, Publish, Work
from sigma_core.workers.memory import Memory, change, read
from sigma_core.workers.tables import CycleReport

BATCH = 500
Propose = Callable[[Project, CycleContext], Mapping[str, int]]
"""Proposes what to try next; the figures of that."""
Evolve = Callable[[], Mapping[str, int]]
"""Asks for better words of a prompt whose record warrants it; the figures of that."""


@dataclass(frozen=True)
class DreamerWorker:
    """Reads the cycle reports and the log of knowledge by position, and publishes what their comparison shows."""

    name: ClassVar[str] = "dreamer"
    publishes: ClassVar[tuple[str, ...]] = ("experiment_result",)
    keeps: ClassVar[Mapping[str, str]] = {kind.name: kind.subject[0] for kind in BUILT_IN}
    database: Database
    clock: Clock
    experiments: Experiments
    propose: Propose
    evolve: Evolve

    def work(self, project: Project, context: CycleContext, publish: Publish) -> Work:
        with self.database.transaction() as session:
            memory = read(session, self.name)
            unread_reports = select(CycleReport).where(col(CycleReport.id) > memory.get("position", 0))
            reports = session.exec(unread_reports.order_by(col(CycleReport.id)).limit(BATCH)).all()
            entries = unread(session, memory)
            if reports or entries:
                change(
                    session,
                    self.clock,
                    self.name,
                    lambda known: read_on(recorded(known, reports), entries, self.clock()),
                )
            self._measure(session, project, publish)
        context.progress(f"{len(reports)} cycle reports and {len(entries)} items recorded")
        begun = {**self.propose(project, context), **self.evolve()}
        return Work(len(reports), {"reports": len(reports), "log_entries": len(entries), **begun})

    def _measure(self, session: Session, project: Project, publish: Publish) -> None:
        """Compare what was chosen with knowledge to what was not; tell it where the interval leaves zero out."""
        with_knowledge, without = shares(session, project.id or 0)
        if not with_knowledge.decided:
            return
        experiment, _ = self.experiments.measure(DESIGN, project.id, with_knowledge, without, session=session)
        if (result := comparison_result(experiment, project.name)) is not None:
            # Told again when there is twice as much to go by, not at every decision
            doublings = min(with_knowledge.decided, without.decided).bit_length()
            publish(result, origin=f"comparison/{project.id}/{doublings}/{result.success}", session=session)


def recorded(memory: Memory, reports: Sequence[CycleReport]) -> Memory:
    """Memory with the reports added to each worker's count and mean duration (ms)."""
    baselines: dict[str, dict[str, float]] = defaultdict(lambda: {"cycles": 0, "mean_ms": 0.0, "produced": 0})
    baselines.update(memory.get("baselines", {}))
    position = memory.get("position", 0)
    for report in reports:
        known = baselines[report.worker]
        cycles = known["cycles"] + 1
        baselines[report.worker] = {
            "cycles": cycles,
            "mean_ms": known["mean_ms"] + (report.duration_ms - known["mean_ms"]) / cycles,
            "produced": known["produced"] + report.produced,
        }
        position = report.id
    return {**memory, "baselines": dict(baselines), "position": position}
