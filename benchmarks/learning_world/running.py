"""SIGMA in a simulated world: its own decisions, learning, calibration, drift and order of work, on a real database."""

import shutil
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from random import Random

from sqlmodel import col, select

from learning_world.world import RULES, World
from sigma_core import schema
from sigma_core.learning.drift.tables import DriftEvent
from sigma_core.projects.tables import Project
from sigma_core.proposals.decision import Thresholds
from sigma_core.proposals.evidence import Evidence
from sigma_core.proposals.fixers.base import Fixed
from sigma_core.proposals.outcomes.events import EventBook, OutcomeEvent
from sigma_core.proposals.outcomes.kinds import OutcomeKind
from sigma_core.proposals.outcomes.rulings_heard import hear_decisions
from sigma_core.proposals.review import Occasion, ProposalReview, Reviewed, ReviewSettings
from sigma_core.proposals.tables import FollowedChange, Proposal, Verdict
from sigma_core.proposals.verification.patch import Change
from sigma_core.runtime.system import System
from sigma_core.settings import Settings

START = datetime(2026, 1, 5, tzinfo=UTC)


@dataclass
class Week:
    """What came of a week, over all projects."""

    approved: int = 0
    taken: int = 0
    survived: int = 0
    seconds: float = 0.0
    forecasts: list[tuple[float, bool]] = field(default_factory=list)
    """Of each change that was put before maintainers: what its score said, and whether it was taken and kept."""


class SimulatedVerifier:
    """The one part that is drawn: what verification shows."""

    def __init__(self, world: World) -> None:
        self._world = world
        self.keys: dict[int, str] = {}

    def verify(
        self,
        project: Project,  # noqa: ARG002 (the protocol's)
        changes: Sequence[Change],
        *,
        progress: Callable[[str], None],  # noqa: ARG002 (the protocol's)
        cancelled: object,  # noqa: ARG002 (the protocol's)
    ) -> Mapping[int, Evidence]:
        """By proposal."""
        return {each.proposal_id: self._world.evidence(each, self.keys[each.proposal_id]) for each in changes}


class SimulatedCopy:
    """One copy of SIGMA that looks after all projects of a world, and learns until it is told not to."""

    def __init__(self, world: World, home: Path, per_week: int, like: "SimulatedCopy | None" = None) -> None:
        """`per_week`: fixes that a project has proved in a week. `like`: the copy that left this home, which goes on
        from there and learns no more."""
        self._per_week = per_week
        self._world, self._now, self._home = world, START, home
        self.verifier = SimulatedVerifier(world)
        self._learns, self.made = like is None, like.made if like else 0
        if like is None:
            home.mkdir(parents=True, exist_ok=True)
        else:
            self.verifier.keys.update(like.verifier.keys)
        self._open()
        if like is None:
            self._register()
        with self.system.database.reading() as session:
            self._projects = session.exec(select(Project).order_by(col(Project.id))).all()

    def frozen_twin(self, home: Path) -> "SimulatedCopy":
        """The same as it is now, in a home of its own, but one that learns no more."""
        # Closed, its database is one file
        self.system.close()
        shutil.copytree(self._home, home)
        self._open()
        return SimulatedCopy(self._world, home, self._per_week, self)

    def _register(self) -> None:
        schema.migrate(self.system.database)
        with self.system.database.transaction() as session:
            session.add_all(
                Project(name=each.name, path=f"/sim/{each.name}", head="0" * 40, created_at=START)
                for each in self._world.projects
            )

    def _open(self) -> None:
        self.system = System(Settings(home=self._home), "command", clock=lambda: self._now)
        self._review = ProposalReview(
            database=self.system.database,
            clock=lambda: self._now,
            verifier=self.verifier,
            precedents=self.system.learning.service.precedents,
            opinions=None,
            settings=ReviewSettings(lambda _: self.system.proposals.calibration.current(), lambda *_: Thresholds()),
            proposals=self.system.proposals.service,
            read=lambda *_: "",
        )

    def week(self, number: int) -> Week:
        """One week of all projects: propose, prove, decide, put before maintainers, and learn of what they did."""
        found, self._now = Week(), START + timedelta(weeks=number)
        for place in range(len(self._projects)):
            self._work(place, number, found)
        if self._learns:
            self._learn()
        return found

    def drifts(self) -> Sequence[DriftEvent]:
        """All that were noticed."""
        return self.system.learning.committee.drifts(limit=100_000)

    def week_of(self, moment: datetime) -> int:
        """Which week a moment is in."""
        return (moment - START).days // 7

    def name_of(self, project_id: int | None) -> str:
        """Of a project; nothing of none."""
        return next((each.name for each in self._projects if each.id == project_id), "")

    def _work(self, place: int, week: int, found: Week) -> None:
        project = self._projects[place]
        values = self.system.learning.service.acceptance(project.id or 0)
        chance = Random(f"issues/{self._world.seed}/{place}/{week}")
        open_rules = chance.sample(RULES, 8)
        chosen = sorted(open_rules, key=lambda rule: -values.get(rule, 0.5))[: self._per_week]
        with self.system.database.transaction() as session:
            proposals = [self._propose(session, project, rule, f"{place}/{week}/{rule}") for rule in chosen]
        reviewed = self._review.review(project, proposals, Occasion("think"))
        before = []
        for each in reviewed:
            found.seconds += each.evidence.duration_ms / 1000
            if each.decision.verdict == Verdict.REJECTED:
                continue
            taken = self._put_before_maintainers(place, week, each, found)
            before.append((each.proposal, taken))
        self._follow(project, before)

    def _put_before_maintainers(self, place: int, week: int, reviewed: Reviewed, found: Week) -> OutcomeKind:
        proposal, key = reviewed.proposal, self.verifier.keys[reviewed.proposal.id or 0]
        taken = self._world.is_taken(place, proposal.rule or "", week, reviewed.evidence, key)
        kept = taken and self._world.survives(reviewed.evidence, key)
        if reviewed.decision.verdict == Verdict.APPROVED:
            found.approved += 1
            found.taken += kept
        elif not taken:
            self.system.proposals.service.reject(proposal.id or 0, reason="Not wanted here.", actor="maintainer")
        found.survived += kept
        found.forecasts.append((reviewed.decision.score or 0.0, kept))
        return OutcomeKind.SURVIVED_10 if kept else OutcomeKind.REVERTED if taken else OutcomeKind.CLOSED

    def _propose(self, session: object, project: Project, rule: str, key: str) -> Proposal:
        self.made += 1
        name = f"f{self.made}.py"
        text = f"--- a/{name}\n+++ b/{name}\n@@ -1 +1 @@\n-x = {self.made}\n+y = {self.made}\n"
        fixed = Fixed(diff=text, title=f"Mend {rule}", description="", confidence=0.9, fixer="linter_unsafe")
        made = self.system.proposals.service.submit(
            session, project, project.head, fixed, origin="dream", rule=rule, family="style"
        )
        session.flush()
        self.verifier.keys[made.id or 0] = key
        return made

    def _follow(self, project: Project, ended: Sequence[tuple[Proposal, OutcomeKind]]) -> None:
        """What the main line would tell; decisions are heard by SIGMA's own code."""
        with self.system.database.transaction() as session:
            hear_decisions(session, project.id or 0, self._now)
            followed = [session.get_one(FollowedChange, proposal.id) for proposal, _ in ended]
            book = EventBook(session, followed, self._now)
            for proposal, kind in ended:
                kinds = [kind] if kind == OutcomeKind.CLOSED else [OutcomeKind.REACHED, kind]
                for each in kinds:
                    book.note(proposal.id or 0, OutcomeEvent(each, self._now, "main"))
            book.settle()

    def _learn(self) -> None:
        for project in self._projects:
            with self.system.database.transaction() as session:
                self.system.learning.service.study(session, project.id or 0)
        self.system.learning.committee.update()
