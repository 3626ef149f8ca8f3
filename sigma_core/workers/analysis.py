"""Analysis: look at the newest commit, follow its issues, tell of what is frequent or critical."""

import hashlib
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import ClassVar

from sqlmodel import Session, col, select

from sigma_core.clock import Clock
from sigma_core.database import Database
from sigma_core.exchange.types import CriticalIssue, IssuePattern, named_places
from sigma_core.exchange.validation import MAX_ORIGIN
from sigma_core.graph.facts import MAX_NAME
from sigma_core.issues import triage
from sigma_core.issues.blind_spots import blind_spots
from sigma_core.issues.detectors import Detection, detect, rules_digest
from sigma_core.issues.finding import Found
from sigma_core.issues.service import Issues
from sigma_core.issues.tables import Issue, Severity
from sigma_core.projects.project_config import ProjectConfig
from sigma_core.projects.readiness import readiness
from sigma_core.projects.service import Projects
from sigma_core.projects.tables import CodeSnapshot, Project
from sigma_core.text import cut
from sigma_core.workers.base import CycleContext, Publish, Work
from sigma_core.workers.complexity_trend import complexity_trend
from sigma_core.workers.severity_review import tell_critical
from sigma_core.workers.strategy_results import ToldAnomaly

MOST_PATTERNS = 20
MOST_SNAPSHOTS = 20
"""Commits that a trend looks back on."""
MOST_JUDGED = 20
"""New issues of one commit that are judged at their place, the worst; the rest keep what their rule says."""
Assess = Callable[[Project, CycleContext, Publish], Mapping[str, int]]
"""Judges issues that wait for it; the figures of that."""


@dataclass(frozen=True)
class AnalysisWorker:
    """Snapshots HEAD and keeps the issues up to date."""

    name: ClassVar[str] = "analysis"
    publishes: ClassVar[tuple[str, ...]] = ("issue_pattern", "critical_issue")
    keeps: ClassVar[Mapping[str, str]] = {"successful_fix": "issue_type"}
    database: Database
    clock: Clock
    projects: Projects
    issues: Issues
    priorities: Callable[[int], Mapping[str, float]]
    """Acceptance to expect by rule (0–1) in a project, from fixes that worked and from its own record."""
    assess: Assess
    prove_again: Callable[..., int]
    """Has what could not be proved in a project wait once more (see `Proposals.prove_again`); how many."""
    read_code: Callable[[Project, Callable[[str], None]], Mapping[str, object]] = lambda *_: {}
    """Brings the facts about a project's code up to its head, and further back; the figures of that."""
    follow: Callable[[Project, Callable[[str], None]], Mapping[str, object]] = lambda *_: {}
    """Finds out what became of changes, up to a project's head; the figures of that."""
    environment: Callable[[Project, ProjectConfig], str | None] = lambda *_: None
    """The digest of what is installed for a project's tests; None where no interpreter can be found."""
    heat: Callable[[int, Mapping[str, int]], Mapping[str, float]] = lambda _project_id, _open: {}
    """By rule, how much of a project's open issues (0–1) belongs together with it; given their count by rule."""
    odd: Callable[[int], Mapping[str, float]] = lambda _project_id: {}
    """Kinds of issue that stand out among all that is known, with how far."""
    areas: Callable[[Project, Mapping[str, Sequence[str]]], Mapping[str, float]] = lambda _project, _files: {}
    """By rule, how many of all findings (0–1) lie in one area of the code with it; given the files of each rule's."""
    code_anomalies: Callable[[int], Sequence[ToldAnomaly]] = lambda _project_id: ()
    """What is wrong with the shape of a project's code, the gravest first."""

    def work(self, project: Project, context: CycleContext, publish: Publish) -> Work:
        context.progress("fetching")
        project = self.projects.refresh(project)
        config = self.projects.config(project, project.head)
        rules = _rules(config)
        self._tell_odd(project, publish)
        self._tell_shape(project, publish)
        code = self.read_code(project, context.progress)
        work = self._look(project, config, rules, context, publish)
        became = self.follow(project, context.progress)
        return replace(work, figures={**work.figures, **code, **became})

    def _look(
        self, project: Project, config: ProjectConfig, rules: str, context: CycleContext, publish: Publish
    ) -> Work:
        """Find the issues of the head, unless they are known."""
        seen = self._known_snapshot(project, rules)
        if seen and project.unready is None:
            judged = self.assess(project, context, publish)
            again = self._mended(project, config)
            return Work(figures={"commit": project.head, "unchanged": True, **_unseen(seen), **judged, **again})
        with self.projects.clone(project).tree(project.head) as tree:
            problem = readiness(project, config, tree).problem
            if seen:
                judged = self.assess(project, context, publish)
                return self._only_readiness(project, problem, {**_unseen(seen), **judged})
            context.progress("looking for issues")
            detection = detect(tree, leave_alone=config.leave_alone, folder=project.folder)
        ranked = self._ranked(project, detection)
        renamed = self._renamed(project)
        with self.database.transaction() as session:
            changes = self.issues.update(
                project.id or 0,
                project.head,
                detection.found,
                unread=detection.unread,
                silent=detection.left_out,
                renamed=renamed,
                session=session,
            )
            snapshot = self._store(session, project, detection, rules)
            session.get_one(Project, project.id).unready = problem
            self._tell(session, project, ranked, changes.opened, publish)
            triage.mark(session, project.id or 0, project.head, MOST_JUDGED)
        figures: dict[str, object] = {"commit": project.head, **changes.counts, "unread": len(detection.skipped)}
        figures |= _unseen(snapshot)
        figures |= self.assess(project, context, publish)
        if problem:
            figures["problem"] = problem
        return Work(len(changes.opened) + len(changes.reopened), figures)

    def _mended(self, project: Project, config: ProjectConfig) -> dict[str, int]:
        """What could not be proved waits once more where something else is installed now."""
        environment = self.environment(project, config)
        if environment is None:
            return {}
        with self.database.transaction() as session:
            again = self.prove_again(session, project.id or 0, unlike=environment)
        return {"to_prove_again": again} if again else {}

    def _only_readiness(self, project: Project, problem: str | None, judged: Mapping[str, object]) -> Work:
        """The code is known; whether its tests can run may have changed with their environment."""
        with self.database.transaction() as session:
            session.get_one(Project, project.id).unready = problem
            told = {"problem": problem} if problem else {"to_prove_again": self.prove_again(session, project.id or 0)}
        return Work(figures={"commit": project.head, "unchanged": True, **judged, **told})

    def _known_snapshot(self, project: Project, rules: str) -> CodeSnapshot | None:
        query = select(CodeSnapshot).where(
            CodeSnapshot.project_id == project.id, CodeSnapshot.commit == project.head, CodeSnapshot.detectors == rules
        )
        with self.database.reading() as session:
            return session.exec(query).first()

    def _renamed(self, project: Project) -> Mapping[str, str]:
        """Files that had another path at the commit looked at last, with that."""
        query = select(CodeSnapshot.commit).where(
            CodeSnapshot.project_id == project.id, CodeSnapshot.commit != project.head
        )
        with self.database.reading() as session:
            last = session.exec(query.order_by(col(CodeSnapshot.id).desc()).limit(1)).first()
        return self.projects.clone(project).renames(last, project.head) if last else {}

    def _store(self, session: Session, project: Project, detection: Detection, rules: str) -> CodeSnapshot:
        same = select(CodeSnapshot).where(CodeSnapshot.project_id == project.id, CodeSnapshot.commit == project.head)
        figures = dict(detection.figures)
        snapshot = session.exec(same).one_or_none() or CodeSnapshot(
            project_id=project.id or 0, commit=project.head, files=0, lines=0, created_at=self.clock()
        )
        snapshot.files, snapshot.lines = figures.pop("files"), figures.pop("lines")
        snapshot.complexity, snapshot.detectors = figures, rules
        snapshot.skipped = {path: str(why) for path, why in detection.skipped.items()}
        snapshot.issue_counts = dict(Counter(found.severity.value for found in detection.found))
        session.add(snapshot)
        return snapshot

    def _ranked(self, project: Project, detection: Detection) -> Sequence[tuple[str, Sequence[Found]]]:
        """What was found by rule, the most worth telling first."""
        by_rule: dict[str, list[Found]] = {}
        for found in detection.found:
            by_rule.setdefault(found.rule, []).append(found)
        rates = self.priorities(project.id or 0)
        heat = dict(self.heat(project.id or 0, {rule: len(found) for rule, found in by_rule.items()}))
        areas = self.areas(project, {rule: [each.file for each in found] for rule, found in by_rule.items()})
        heat |= {rule: max(share, heat.get(rule, 0.0)) for rule, share in areas.items()}
        return sorted(by_rule.items(), key=lambda item: (-_worth(item[0], item[1], rates, heat), item[0]))

    def _tell(
        self,
        session: Session,
        project: Project,
        ranked: Sequence[tuple[str, Sequence[Found]]],
        opened: tuple[int, ...],
        publish: Publish,
    ) -> None:
        for rule, findings in ranked[:MOST_PATTERNS]:
            worst = max(findings, key=lambda found: found.severity.rank)
            pattern = IssuePattern(
                issue_type=rule,
                severity=worst.severity.value,
                frequency=float(len(findings)),
                impact=worst.message,
                called=worst.called or None,
            )
            publish(pattern, origin=f"issue_pattern/{project.id}/{rule}/{project.head}", session=session)
        self._tell_trend(session, project, publish)
        for issue_id in opened:
            issue = session.get_one(Issue, issue_id)
            if issue.severity == Severity.CRITICAL:
                tell_critical(issue, publish, session)

    def _tell_odd(self, project: Project, publish: Publish) -> None:
        """Open errors whose kind stands out in the graph cannot wait."""
        odd = self.odd(project.id or 0)
        if not odd:
            return
        errors = select(Issue).where(
            Issue.project_id == project.id,
            col(Issue.state).in_(triage.UNMENDED),
            Issue.severity == Severity.ERROR,
            col(Issue.rule).in_(odd),
        )
        with self.database.transaction() as session:
            for issue in session.exec(errors.order_by(col(Issue.id)).limit(MOST_PATTERNS)).all():
                critical = CriticalIssue(
                    issue_type=issue.rule,
                    severity="critical",
                    impact=f"{issue.file}:{issue.line} stands out {odd[issue.rule]:.1f} deviations: {issue.message}",
                    places=named_places([issue.place]),
                )
                publish(critical, origin=f"anomaly/{issue.id}", urgency="high", session=session)

    def _tell_shape(self, project: Project, publish: Publish) -> None:
        """What is wrong with the shape of the code: hubs without tests, circles, functions that do too much."""
        for each in self.code_anomalies(project.id or 0)[:MOST_PATTERNS]:
            about = cut(f"{each.kind}: {each.name}", MAX_NAME)
            pattern = IssuePattern(
                issue_type=about, severity=Severity.WARNING.value, frequency=1.0, impact=each.because, called=each.kind
            )
            publish(pattern, origin=cut(f"code_shape/{project.id}/{project.head}/{about}", MAX_ORIGIN))

    @staticmethod
    def _tell_trend(session: Session, project: Project, publish: Publish) -> None:
        """Complexity over the last commits looked at, where it moves with more than chance."""
        newest = select(CodeSnapshot).where(CodeSnapshot.project_id == project.id)
        found = session.exec(newest.order_by(col(CodeSnapshot.id).desc()).limit(MOST_SNAPSHOTS)).all()
        means = [each.complexity["complexity"]["mean"] for each in reversed(found) if "complexity" in each.complexity]
        if (pattern := complexity_trend(means)) is not None:
            publish(pattern, origin=f"complexity_trend/{project.id}/{project.head}", session=session)


def _unseen(snapshot: CodeSnapshot) -> dict[str, list[str]]:
    """What was not seen of the commit; nothing where all was."""
    spots = blind_spots(snapshot.skipped, snapshot.complexity)
    return {"blind_spots": spots} if spots else {}


def _worth(rule: str, found: Sequence[Found], rates: Mapping[str, float], heat: Mapping[str, float]) -> float:
    """What can be mended counts before what is only frequent, and a hot area up to twice as much as a cold one."""
    return len(found) * rates.get(rule, 0.5) * (1 + heat.get(rule, 0.0))


def _rules(config: ProjectConfig) -> str:
    """Digest of what decides the findings beside the code: a change of it means looking again."""
    return hashlib.sha256("\0".join([rules_digest(), *config.leave_alone]).encode()).hexdigest()
