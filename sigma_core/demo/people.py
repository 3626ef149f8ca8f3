"""What people do in the demonstration: they decide what was left to them, merge, take back, set and try things."""

from contextlib import suppress
from datetime import datetime
from random import Random

from sqlmodel import col, select

from sigma_core.demo.repositories import DemoRepository
from sigma_core.errors import SigmaError
from sigma_core.projects.tables import Project
from sigma_core.proposals.tables import Outcome, ProposalState
from sigma_core.runtime.system import System

APPROVED = ("The missing test is not worth waiting for.", "Reads better, and I checked the callers.", "Agreed.")
REJECTED = ("We keep this on purpose.", "Callers rely on the old behaviour.", "Too much churn for what it gives.")
IGNORED = ("Generated code, nobody edits it.", "A false alarm: the input is checked before.")
LEFT = 6
"""Proposals that nobody has looked at by the end."""


class DemoPeople:
    """Ada, Ben and Chloe."""

    def __init__(self, system: System, chance: Random) -> None:
        self._system, self._chance = system, chance

    def decide(self, project: Project, *, leave: int) -> None:
        """Rule on what the committee left to a person, but for the newest `leave`."""
        service = self._system.proposals.service
        waiting = service.list(project_id=project.id, state=ProposalState.NEEDS_HUMAN)
        for proposal in waiting[leave:]:
            actor, number = self._chance.choice(("ada", "ben", "chloe")), proposal.id or 0
            with suppress(SigmaError):  # what moved meanwhile is looked at another day
                if self._chance.random() < 0.6:
                    service.approve(number, reason=self._chance.choice(APPROVED), actor=actor)
                else:
                    service.reject(number, reason=self._chance.choice(REJECTED), actor=actor)

    def apply(self, project: Project, repository: DemoRepository, at: datetime) -> None:
        """Put some of what is approved on branches, and merge most of those."""
        for proposal in self._system.proposals.service.list(project_id=project.id, state=ProposalState.APPROVED)[:3]:
            with suppress(SigmaError):
                applied = self._system.proposals.applying.apply(proposal.id or 0, actor="ada")
                if applied.branch and self._chance.random() < 0.85:
                    repository.merge(applied.branch, at)

    def take_back(self, project: Project, repository: DemoRepository, at: datetime) -> None:
        """Revert one change that was merged."""
        merged = select(Outcome.commit).where(
            Outcome.project_id == project.id, Outcome.kind == "applied", col(Outcome.commit).is_not(None)
        )
        with self._system.database.reading() as session:
            commits = session.exec(merged).all()
        for commit in self._chance.sample(commits, min(1, len(commits))):
            repository.revert(commit or "", at)

    def ignore_one(self, project: Project) -> None:
        """Ignore one open issue, and say why."""
        issues = self._system.issues.service.list(project_id=project.id, state="open", limit=20)
        for issue in self._chance.sample(list(issues), min(1, len(issues))):
            self._system.issues.service.ignore(issue.id or 0, self._chance.choice(IGNORED), "ben")
