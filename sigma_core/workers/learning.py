"""Learning: keep count of which fixes are accepted, and tell the others."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import ClassVar

from sqlmodel import Session

from sigma_core.database import Database
from sigma_core.exchange.types import PatternEvolution, SuccessfulFix
from sigma_core.learning.committee.service import RecordUpdate
from sigma_core.learning.drift.adwin import DELTA
from sigma_core.learning.drift.words import drift_name
from sigma_core.learning.evolution import Evolution, is_moving
from sigma_core.learning.posterior import trend
from sigma_core.learning.service import Learning, Lesson
from sigma_core.projects.tables import Project
from sigma_core.workers.base import CycleContext, Publish, Work
from sigma_core.workers.batch import LeftOut
from sigma_core.workers.changed_places import places

Extract = Callable[[Project, CycleContext, Publish], Mapping[str, int]]
"""Looks for patterns in what was counted; the figures of that."""


@dataclass(frozen=True)
class LearningWorker:
    """Studies decisions once each."""

    name: ClassVar[str] = "learning"
    publishes: ClassVar[tuple[str, ...]] = ("pattern_evolution", "successful_fix")
    keeps: ClassVar[Mapping[str, str]] = {"decision_outcome": "decision"}
    database: Database
    learning: Learning
    extract: Extract
    courses: Callable[[int], Mapping[str, Evolution]] = lambda _project_id: {}
    """Where patterns go by the graph, where that is told from chance."""
    look_back: Callable[[Project, Callable[[str], None]], Mapping[str, object]] = lambda *_: {}
    """Reads on in a project's past; the figures of that."""
    reckon: Callable[[Session, Project], Sequence[object]] = lambda *_: ()
    """What to expect of each rule, anew."""
    take_in_outcomes: Callable[[], RecordUpdate] = RecordUpdate
    """Lets the committee's record take in what became of changes."""

    def work(self, project: Project, context: CycleContext, publish: Publish) -> Work:
        elsewhere, left_out = self.courses(project.id or 0), LeftOut()
        with self.database.transaction() as session:
            lessons = self.learning.study(session, project.id or 0)
            own = self.learning.evolutions(project.id or 0, session=session) if lessons else {}
            for lesson in lessons:
                name = lesson.record.name
                with left_out.one(f"decision {lesson.decision.id}"):
                    self._tell(session, project, lesson, surer(own.get(name), elsewhere.get(name)), publish)
        context.progress(f"{len(lessons)} decisions studied")
        noticed = self._record(publish)
        past = self.look_back(project, context.progress)
        with self.database.transaction() as session:
            expected = len(self.reckon(session, project))
        told = self.extract(project, context, publish)
        figures = {"lessons": len(lessons), "expectations": expected, **noticed, **past, **told}
        return Work(len(lessons), figures | left_out.figures)

    def _record(self, publish: Publish) -> Mapping[str, int]:
        """Take in outcomes, and tell what no longer holds; figures where anything changed."""
        update = self.take_in_outcomes()
        for event in update.drifts:
            with self.database.transaction() as session:
                project = session.get(Project, event.project_id) if event.project_id else None
                told = PatternEvolution(
                    pattern=drift_name(event),
                    trend="increasing" if event.after > event.before else "decreasing",
                    confidence=1 - DELTA,
                    origin_project=project.name if project else None,
                )
                publish(told, origin=f"drift/{event.id}", session=session)
        found = {"drifts": len(update.drifts), "weights_changed": int(update.change is not None)}
        return {name: count for name, count in found.items() if count}

    @staticmethod
    def _tell(session: Session, project: Project, lesson: Lesson, course: Evolution | None, publish: Publish) -> None:
        """The fix with the committee's score as improvement (of a person's approval the posterior mean), and where the
        record goes; what the posterior says of it where it goes nowhere."""
        record, proposal = lesson.record, lesson.proposal
        of = f"{lesson.decision.id}" + (f"/{record.successes}-{record.failures}" if lesson.is_outcome else "")
        if lesson.is_success:
            fix = SuccessfulFix(
                issue_type=record.rule,
                improvement=lesson.decision.score if lesson.decision.score is not None else record.confidence,
                pattern=record.name,
                fix_details={"title": proposal.title, "files": proposal.files[:5], "fixer": proposal.fixer},
                places=places(session, proposal),
            )
            publish(fix, origin=f"fix/{of}", session=session)
        verdict, confidence = trend(record.successes, record.failures)
        if course is not None:
            verdict, confidence = course.course.value, course.confidence
        evolution = PatternEvolution(
            pattern=record.name,
            trend=verdict,
            confidence=confidence,
            origin_project=project.name,
        )
        publish(evolution, origin=f"pattern/{record.id}/{of}", session=session)


def surer(own: Evolution | None, elsewhere: Evolution | None) -> Evolution | None:
    """Of a project's own decisions and what the graph shows the surer that moves; None where neither does."""
    moving = [each for each in (own, elsewhere) if each is not None and is_moving(each)]
    return max(moving, key=lambda each: each.confidence, default=None)
