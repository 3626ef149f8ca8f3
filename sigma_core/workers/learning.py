"""Learning: keep count of which fixes are accepted, and tell the others."""

from dataclasses import dataclass
from typing import ClassVar

from sqlmodel import Session

from sigma_core.database import Database
from sigma_core.exchange.message import Message
from sigma_core.exchange.types import PatternEvolution, SuccessfulFix
from sigma_core.learning.service import Learning, Lesson
from sigma_core.projects.tables import Project
from sigma_core.proposals.tables import Verdict
from sigma_core.workers.base import Context, Publish, Work
from sigma_core.workers.memory import Memory


@dataclass(frozen=True)
class LearningWorker:
    """Studies decisions once each."""

    name: ClassVar[str] = "learning"
    database: Database
    learning: Learning

    def work(self, project: Project, context: Context, publish: Publish) -> Work:
        with self.database.transaction() as session:
            lessons = self.learning.study(session, project.id or 0)
            for lesson in lessons:
                self._tell(session, project, lesson, publish)
        context.progress(f"{len(lessons)} decisions studied")
        return Work(len(lessons), {"lessons": len(lessons)})

    def integrate(self, memory: Memory, message: Message) -> Memory:
        """Count outcomes heard of, by type: the counts themselves come from the decisions."""
        heard = {**memory.get("heard", {})}
        heard[message.type] = heard.get(message.type, 0) + 1
        return {**memory, "heard": heard}

    @staticmethod
    def _tell(session: Session, project: Project, lesson: Lesson, publish: Publish) -> None:
        pattern, proposal = lesson.pattern, lesson.proposal
        if lesson.decision.verdict == Verdict.APPROVED:
            fix = SuccessfulFix(
                issue_type=pattern.rule,
                improvement=lesson.decision.score if lesson.decision.score is not None else pattern.confidence,
                pattern=pattern.name,
                fix_details={"title": proposal.title, "files": proposal.files[:5], "fixer": proposal.fixer},
            )
            publish(fix, origin=f"fix/{lesson.decision.id}", session=session)
        evolution = PatternEvolution(
            pattern=pattern.name,
            trend=_trend(pattern.successes, pattern.failures),
            confidence=pattern.confidence,
            origin_project=project.name,
        )
        publish(evolution, origin=f"pattern/{pattern.id}/{lesson.decision.id}", session=session)


def _trend(successes: int, failures: int) -> str:
    if successes + failures < 3:
        return "unknown"
    return "accepted" if successes > failures else "refused" if failures > successes else "mixed"
