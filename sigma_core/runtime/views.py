"""What one page shows about projects, proposals and runs, gathered from several rooms' tables."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import ColumnElement
from sqlalchemy.orm import aliased
from sqlmodel import Session, col, func, or_, select

from sigma_core.errors import NotFound
from sigma_core.identity import existing_row
from sigma_core.issues import issue_list
from sigma_core.issues.blind_spots import blind_spots
from sigma_core.issues.tables import Issue
from sigma_core.issues.triage import UNMENDED
from sigma_core.projects.tables import CodeSnapshot, Project
from sigma_core.proposals.calibration.tables import CommitteeCalibration
from sigma_core.proposals.evidence import Evidence, latest_verification
from sigma_core.proposals.lineage import line_of, successor_of
from sigma_core.proposals.tables import (
    CommitteeScore,
    Decision,
    Outcome,
    Proposal,
    ProposalState,
    Verification,
)
from sigma_core.runtime.runs import of_project
from sigma_core.runtime.tables import Run, RunStep
from sigma_core.state_machine import RunState
from sigma_core.workers.tables import KnowledgeUse


@dataclass(frozen=True)
class ProjectLine:
    """A project, its newest snapshot and its open issues by severity."""

    project: Project
    snapshot: CodeSnapshot | None
    open_issues: dict[str, int]
    needs_person: int

    @property
    def blind_spots(self) -> list[str]:
        """What was not seen of the newest commit looked at, each in one sentence."""
        return blind_spots(self.snapshot.skipped, self.snapshot.complexity) if self.snapshot else []


@dataclass(frozen=True)
class ProposalCase:
    """A proposal with all that was measured, voted, decided and done about it. Lists are oldest first."""

    proposal: Proposal
    project: Project
    issue: Issue | None
    verification: Verification | None
    evidence: Evidence | None
    votes: tuple[CommitteeScore, ...]
    decisions: tuple[Decision, ...]
    outcomes: tuple[Outcome, ...]
    knowledge: tuple[KnowledgeUse, ...] = ()
    """What workers used for it, and how fresh it was then."""
    successor_id: int | None = None
    """The same change as it was carried to a later commit."""
    calibration: CommitteeCalibration | None = None
    """The change of weights by which the committee's latest decision was made; None where they were as configured."""

    @property
    def decision(self) -> Decision | None:
        """The latest decision, by whomever."""
        return self.decisions[-1] if self.decisions else None

    @property
    def committee(self) -> Decision | None:
        """The committee's latest decision: it holds score, confidence and the rules in force."""
        return next((d for d in reversed(self.decisions) if d.decided_by == "committee"), None)


@dataclass(frozen=True)
class RunDetail:
    """A run, the project it was for and the steps it finished."""

    run: Run
    project: Project | None
    steps: tuple[RunStep, ...]


def count_projects(session: Session) -> int:
    """Projects under care."""
    return session.exec(select(func.count()).select_from(Project).where(col(Project.removed_at).is_(None))).one()


def projects(session: Session) -> tuple[ProjectLine, ...]:
    """Projects under care, by name."""
    rows = session.exec(select(Project).where(col(Project.removed_at).is_(None)).order_by(Project.name)).all()
    issues, snapshots = _open_issues(session), _newest_snapshots(session)
    waiting = dict(
        session.exec(
            select(Proposal.project_id, func.count())
            .where(Proposal.state == ProposalState.NEEDS_HUMAN)
            .group_by(col(Proposal.project_id))
        ).all()
    )
    return tuple(
        ProjectLine(row, snapshots.get(row.id or 0), issues.get(row.id or 0, {}), waiting.get(row.id or 0, 0))
        for row in rows
    )


def case(session: Session, proposal_id: int) -> ProposalCase:
    """Raises `NotFound`."""
    proposal = existing_row(session, Proposal, "proposal", proposal_id)
    verification = latest_verification(session, proposal)
    votes = session.exec(
        select(CommitteeScore)
        .where(CommitteeScore.verification_id == (verification.id if verification else None))
        .order_by(col(CommitteeScore.id))
    ).all()
    decisions = session.exec(
        select(Decision).where(Decision.proposal_id == proposal_id).order_by(col(Decision.id))
    ).all()
    used = session.exec(
        select(KnowledgeUse).where(KnowledgeUse.proposal_id == proposal_id).order_by(col(KnowledgeUse.id))
    ).all()
    outcomes = session.exec(select(Outcome).where(Outcome.line_id == line_of(proposal)).order_by(col(Outcome.id))).all()
    return ProposalCase(
        proposal=proposal,
        project=_project(session, proposal),
        issue=session.get(Issue, proposal.issue_id) if proposal.issue_id else None,
        verification=verification,
        evidence=Evidence.model_validate(verification.evidence) if verification else None,
        votes=tuple(votes),
        decisions=tuple(decisions),
        outcomes=tuple(outcomes),
        knowledge=tuple(used),
        successor_id=successor_of(session, proposal_id),
        calibration=_calibration(session, decisions),
    )


def _calibration(session: Session, decisions: Sequence[Decision]) -> CommitteeCalibration | None:
    by_committee = [each for each in decisions if each.decided_by == "committee"]
    key = by_committee[-1].rules.get("calibration_id") if by_committee else None
    return session.get(CommitteeCalibration, key) if key is not None else None


def run_detail(session: Session, run_id: int) -> RunDetail:
    """Raises `NotFound`."""
    run = existing_row(session, Run, "run", run_id)
    steps = session.exec(select(RunStep).where(RunStep.run_id == run_id).order_by(col(RunStep.id))).all()
    return RunDetail(run, session.get(Project, run.project_id) if run.project_id else None, tuple(steps))


def failing(project_id: int | None) -> Sequence[ColumnElement[bool]]:
    """That a run is the latest of its worker on its project, and failed.

    A run that was called off says nothing of either. Projects no longer under care need nobody.
    """
    later = aliased(Run)
    made_good = select(later.id).where(
        later.worker == Run.worker,
        col(later.project_id).is_not_distinct_from(Run.project_id),
        col(later.id) > col(Run.id),
        col(later.state).in_((RunState.SUCCESS, RunState.ERROR)),
    )
    under_care = select(Project.id).where(col(Project.removed_at).is_(None))
    return (
        col(Run.state) == RunState.ERROR,
        ~made_good.exists(),
        or_(col(Run.project_id).is_(None), col(Run.project_id).in_(under_care)),
        of_project(project_id),
    )


def failing_runs(
    session: Session, project_id: int | None, limit: int | None = None, offset: int = 0
) -> tuple[Run, ...]:
    """The latest run of each worker on each project, where it failed; newest first, all or some."""
    newest = select(Run).where(*failing(project_id)).order_by(col(Run.finished_at).desc())
    return tuple(session.exec(newest.limit(limit).offset(offset)))


def _project(session: Session, proposal: Proposal) -> Project:
    project = session.get(Project, proposal.project_id)
    if project is None:
        raise NotFound("project", proposal.project_id)
    return project


def _newest_snapshots(session: Session) -> dict[int, CodeSnapshot]:
    newest = select(func.max(CodeSnapshot.id)).group_by(col(CodeSnapshot.project_id))
    return {
        each.project_id: each for each in session.exec(select(CodeSnapshot).where(col(CodeSnapshot.id).in_(newest)))
    }


def _open_issues(session: Session) -> dict[int, dict[str, int]]:
    counts: dict[int, dict[str, int]] = defaultdict(lambda: defaultdict(int))
    for each in issue_list.numbers(session):
        if each.state in UNMENDED:
            counts[each.project_id][each.severity] += each.number
    return counts
