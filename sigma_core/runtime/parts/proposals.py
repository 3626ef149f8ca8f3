"""Proposals: proved, reviewed, applied."""

from __future__ import annotations

from concurrent.futures import Executor, ThreadPoolExecutor
from functools import cached_property
from typing import TYPE_CHECKING

from sigma_core.runtime.parts.experiments import ExperimentParts

if TYPE_CHECKING:
    from datetime import date

    from sigma_core.proposals.applying import Applying
    from sigma_core.proposals.costs import Fixes
    from sigma_core.proposals.decision import Thresholds
    from sigma_core.proposals.rebasing import Rebasing
    from sigma_core.proposals.review import ProposalReview
    from sigma_core.proposals.service import Proposals
    from sigma_core.proposals.verification import Verifier


class ProposalParts(ExperimentParts):
    """A change from its diff to its branch."""

    @cached_property
    def proposals(self) -> Proposals:
        from sigma_core.proposals.service import Proposals

        return Proposals(self.database, self.clock, self.projects)

    def fixes_since(self, since: date, project_id: int | None = None) -> Fixes:
        """Fixes accepted and seen to survive from a day (UTC) on, of all projects or one."""
        from sigma_core.proposals.costs import fixes_since

        with self.database.reading() as session:
            return fixes_since(session, since, project_id)

    @cached_property
    def verifier(self) -> Verifier:
        from sigma_core.projects.interpreter import find_interpreter
        from sigma_core.proposals.verification import Verifier

        return Verifier(
            projects=self.projects,
            sandbox=self.sandbox,
            find_interpreter=find_interpreter,
            home=self.settings.home,
            mutation_s=self.settings.mutation_s,
        )

    @cached_property
    def review(self) -> ProposalReview:
        from sigma_core.proposals.opinions import Opinions
        from sigma_core.proposals.review import ProposalReview, ReviewSettings
        from sigma_core.proposals.risk_assessment import RiskAssessment
        from sigma_core.workers.risks import RiskModel

        return ProposalReview(
            database=self.database,
            clock=self.clock,
            verifier=self.verifier,
            precedents=RiskModel(self._heard("think"), self.learning.precedents, self._guidance("think").related),
            opinions=Opinions(self.questions, self.projects.get, self._pool),
            proposals=self.proposals,
            read=lambda project, commit, path: self.projects.clone(project).read(commit, path).decode(),
            settings=ReviewSettings(thresholds=self._thresholds),
            risks=RiskAssessment(self.questions, self.projects.get, self.recall),
        )

    @property
    def _thresholds(self) -> Thresholds:
        from sigma_core.proposals.decision import Thresholds

        return Thresholds(self.settings.approve_at, self.settings.reject_below, self.settings.noticed_share)

    @cached_property
    def applying(self) -> Applying:
        from sigma_core.proposals.applying import Applying

        return Applying(self.database, self.clock, self.projects, self.proposals, self.review)

    @cached_property
    def rebasing(self) -> Rebasing:
        from sigma_core.proposals.rebasing import Rebasing

        return Rebasing(self.database, self.clock, self.projects, self.proposals)

    @cached_property
    def _pool(self) -> Executor:
        return ThreadPoolExecutor(self.settings.model_concurrency, thread_name_prefix="model")
