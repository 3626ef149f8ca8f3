"""Dreamer: record how the workers' cycles went, as the baseline that experiments are measured against."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

from sqlmodel import col, select

from sigma_core.clock import Clock
from sigma_core.database import Database
from sigma_core.exchange.message import Message
from sigma_core.projects.tables import Project
from sigma_core.workers.base import Context, Publish, Work
from sigma_core.workers.memory import Memory, change, read
from sigma_core.workers.tables import CycleReport

BATCH = 500


@dataclass(frozen=True)
class DreamerWorker:
    """Reads the cycle reports by position and keeps count and mean of each worker's cycles."""

    name: ClassVar[str] = "dreamer"
    database: Database
    clock: Clock

    def work(self, project: Project, context: Context, publish: Publish) -> Work:  # noqa: ARG002 (protocol)
        with self.database.transaction() as session:
            position = read(session, self.name).get("position", 0)
            unread = select(CycleReport).where(col(CycleReport.id) > position).order_by(col(CycleReport.id))
            reports = session.exec(unread.limit(BATCH)).all()
            if reports:
                change(session, self.clock, self.name, lambda memory: recorded(memory, reports))
        context.progress(f"{len(reports)} cycle reports recorded")
        return Work(len(reports), {"reports": len(reports)})

    def integrate(self, memory: Memory, message: Message) -> Memory:
        """Count results heard of."""
        heard = {**memory.get("heard", {})}
        heard[message.type] = heard.get(message.type, 0) + 1
        return {**memory, "heard": heard}


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
