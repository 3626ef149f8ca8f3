"""Analysis' second look: how much new issues matter where they stand."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache, partial

from sqlmodel import Session

from sigma_core.database import Database
from sigma_core.errors import NotFound
from sigma_core.exchange.types import CriticalIssue, named_places
from sigma_core.experiments.tunable_catalog import ANALYSIS_ASSESSED
from sigma_core.experiments.tunables import DefaultValues, TunedValues
from sigma_core.issues import triage
from sigma_core.issues.tables import Issue, Severity
from sigma_core.issues.triage import SeverityAssessment
from sigma_core.projects.git import Clone
from sigma_core.projects.service import Projects
from sigma_core.projects.tables import Project
from sigma_core.prompts.questions import Answered, Questions
from sigma_core.redaction import redact
from sigma_core.workers.base import CycleContext, Publish
from sigma_core.workers.model_questions import ModelQuestions, NoAnswer

PROMPT = "analysis/issue_assessment"
LINES_AROUND = 15
"""Lines of the file shown before and after the issue."""


@dataclass(frozen=True)
class SeverityReview:
    """Asks about the issues that wait for a judgement."""

    database: Database
    projects: Projects
    questions: Questions
    values: TunedValues = field(default_factory=DefaultValues)

    def __call__(self, project: Project, context: CycleContext, publish: Publish) -> Mapping[str, int]:
        """How many were judged, and how many questions had no answer. Call it outside of any transaction."""
        with self.database.reading() as session:
            # Most cycles end here, and draw no arm
            is_asked = bool(triage.waiting(session, project.id or 0, 1))
        if not is_asked:
            return {}
        most = self.values.value(ANALYSIS_ASSESSED, project.id or 0, context.run_id)
        with self.database.reading() as session:
            waiting = triage.waiting(session, project.id or 0, most)
            often = triage.occurrences(session, project.id or 0) if waiting else {}
        asking, judged = ModelQuestions(self.questions, project, context.run_id), 0
        lines = cache(partial(_lines, self.projects.clone(project), project.head))
        for number, issue in enumerate(waiting, 1):
            if context.cancelled():
                break
            context.progress(f"judging issue {number} of {len(waiting)}")
            said = asking(
                PROMPT,
                rule=issue.rule,
                severity=issue.found_severity,
                occurrences=often[issue.rule],
                file=issue.file,
                message=issue.message,
                code=_around(issue, lines),
            )
            if said is not NoAnswer.LATER:
                judged += self._settle(issue, said, publish)
        return {"judged": judged, **asking.figures} if waiting else {}

    def _settle(self, issue: Issue, said: Answered | NoAnswer, publish: Publish) -> int:
        judgement = _judgement(said) if isinstance(said, Answered) else None
        with self.database.transaction() as session:
            known = triage.settle(session, issue.id or 0, judgement)
            if known is not None and known.severity == Severity.CRITICAL:
                tell_critical(known, publish, session)
        return judgement is not None and known is not None


def tell_critical(issue: Issue, publish: Publish, session: Session) -> None:
    """Publish an issue that cannot wait, once however often it is seen."""
    critical = CriticalIssue(
        issue_type=issue.rule,
        severity="critical",
        impact=f"{issue.file}:{issue.line} {issue.message}",
        places=named_places([issue.place]),
    )
    publish(critical, origin=f"issue/{issue.id}", urgency="high", session=session)


def _judgement(said: Answered) -> SeverityAssessment:
    data = said.data
    by = {"model": said.model, "prompt_version": said.prompt_version}
    return SeverityAssessment(
        Severity(data["severity"]), data["priority"], redact(data["reason"]), data["confidence"], by
    )


def _lines(clone: Clone, commit: str, path: str) -> Sequence[str]:
    try:
        return clone.read(commit, path).decode(errors="replace").splitlines()
    except NotFound:
        return ()


def _around(issue: Issue, lines: Callable[[str], Sequence[str]]) -> str | None:
    shown = lines(issue.file)[max(0, issue.line - 1 - LINES_AROUND) : issue.end_line + LINES_AROUND]
    return "\n".join(shown) or None
