"""A change from its diff to its branch: what the room `proposals` offers, each part built when it is first used."""

from __future__ import annotations

from collections.abc import Callable
from functools import cached_property
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from concurrent.futures import Executor
    from datetime import date

    from sigma_core.clock import Clock
    from sigma_core.codebase.wiring import CodebaseServices
    from sigma_core.database import Database
    from sigma_core.experiments.wiring import ExperimentServices
    from sigma_core.projects.tables import Project
    from sigma_core.projects.wiring import ProjectServices
    from sigma_core.prompts.wiring import PromptServices
    from sigma_core.proposals.applying import Applying
    from sigma_core.proposals.calibration.changelog import CommitteeChangelog
    from sigma_core.proposals.committee import Precedents
    from sigma_core.proposals.costs import Fixes
    from sigma_core.proposals.decision import Thresholds
    from sigma_core.proposals.discussion import Discussions
    from sigma_core.proposals.fixers.model import ModelFixer
    from sigma_core.proposals.handing_over.order_service import OrderService
    from sigma_core.proposals.handing_over.orders import Orders
    from sigma_core.proposals.handing_over.procrastinate_queue import ProcrastinateQueue
    from sigma_core.proposals.outcomes.following import OutcomeFollowing
    from sigma_core.proposals.outcomes.ledger import OutcomeLedger
    from sigma_core.proposals.rebasing import Rebasing
    from sigma_core.proposals.regression_service import RegressionTests
    from sigma_core.proposals.review import EvidenceSource, ProposalReview
    from sigma_core.proposals.service import Proposals
    from sigma_core.proposals.tables import Proposal
    from sigma_core.proposals.verification.verifier import Verifier
    from sigma_core.recall.wiring import RecallServices
    from sigma_core.settings import Settings


class ProposalServices:
    """Proposals: proved, reviewed, applied."""

    def __init__(
        self,
        settings: Settings,
        database: Database,
        clock: Clock,
        *,
        projects: ProjectServices,
        prompts: PromptServices,
        codebase: CodebaseServices,
        recall: RecallServices,
        precedents: Callable[[Proposal], Precedents],
        experiments: ExperimentServices,
    ) -> None:
        """`precedents`: how earlier fixes like a proposal ended."""
        self._experiments = experiments
        self._settings, self._database, self._clock = settings, database, clock
        self._codebase = codebase
        self._projects, self._prompts, self._recall, self._precedents = projects, prompts, recall, precedents
        self._evidence: EvidenceSource | None = None

    def measure_by(self, evidence: EvidenceSource) -> None:
        """Have something else than the sandbox tell what a change does. To be said before anything is reviewed."""
        self._evidence = evidence

    @cached_property
    def service(self) -> Proposals:
        from sigma_core.proposals.service import Proposals

        return Proposals(self._database, self._clock, self._projects.service)

    @cached_property
    def discussions(self) -> Discussions:
        from sigma_core.proposals.discussion import Discussions

        return Discussions(self._database, self._clock, self.service)

    @cached_property
    def verifier(self) -> Verifier:
        from sigma_core.projects.interpreter import find_interpreter
        from sigma_core.proposals.verification.verifier import Verifier

        return Verifier(
            projects=self._projects.service,
            sandbox=self._projects.sandbox,
            find_interpreter=find_interpreter,
            home=self._settings.home,
            mutation_s=self._settings.mutation_s,
            coverage=self._codebase.coverage,
        )

    @cached_property
    def orders(self) -> Orders:
        from sigma_core.proposals.handing_over.orders import Orders

        return Orders(self._database, self._settings.run_deadline_s)

    @cached_property
    def queue(self) -> ProcrastinateQueue:
        from sigma_core.proposals.handing_over.procrastinate_queue import ProcrastinateQueue

        queue = ProcrastinateQueue(self._settings.database_location, self._settings.run_lease_s)
        self._database.before_dispose(queue.close)
        return queue

    @cached_property
    def order_service(self) -> OrderService:
        from sigma_core.proposals.handing_over.order_service import OrderService

        return OrderService(self.orders, self._projects.service, self.service, self.verifier)

    @property
    def _measured(self) -> EvidenceSource:
        """By this process, or by another."""
        if self._settings.verification == "here":
            return self.verifier
        from sigma_core.proposals.handing_over.handed_over import HandedOver

        return HandedOver(self.orders, self.queue)

    @cached_property
    def calibration(self) -> CommitteeChangelog:
        from sigma_core.proposals.calibration.changelog import CommitteeChangelog

        return CommitteeChangelog(self._database, self._clock)

    @cached_property
    def review(self) -> ProposalReview:
        from sigma_core.proposals.calibration.tried_weights import TriedWeights
        from sigma_core.proposals.opinions import Opinions
        from sigma_core.proposals.parting import Parting
        from sigma_core.proposals.review import ProposalReview, ReviewSettings
        from sigma_core.proposals.risk_assessment import RiskAssessment

        project_of = self._projects.service.get
        return ProposalReview(
            database=self._database,
            clock=self._clock,
            verifier=self._evidence or self._measured,
            precedents=self._precedents,
            opinions=Opinions(self._prompts.questions, project_of, self._pool),
            proposals=self.service,
            pieces=Parting(self._projects.service.clone),
            settings=ReviewSettings(
                TriedWeights(self.calibration, self._experiments.values),
                self._thresholds,
                each_opinion=self._settings.opinions == "all",
            ),
            risks=RiskAssessment(self._prompts.questions, project_of, self._recall.search),
        )

    @cached_property
    def applying(self) -> Applying:
        from sigma_core.proposals.applying import Applying

        return Applying(self._database, self._clock, self._projects.service, self.service, self.review)

    @cached_property
    def following(self) -> OutcomeFollowing:
        from sigma_core.proposals.outcomes.following import OutcomeFollowing

        return OutcomeFollowing(self._database, self._clock, self._projects.service.clone)

    @cached_property
    def ledger(self) -> OutcomeLedger:
        from sigma_core.proposals.outcomes.ledger import OutcomeLedger

        return OutcomeLedger(self._database)

    @cached_property
    def regression_tests(self) -> RegressionTests:
        from sigma_core.proposals.regression_service import RegressionTests

        return RegressionTests(self._database, self._projects.service, self.service, self.verifier, self.review)

    @cached_property
    def rebasing(self) -> Rebasing:
        from sigma_core.proposals.rebasing import Rebasing

        return Rebasing(self._database, self._clock, self._projects.service, self.service)

    def model_fixer(self, run_id: int, lines_around: int) -> ModelFixer:
        """Who asks the model for fixes in a run, showing it so many lines before and after an issue."""
        from sigma_core.proposals.fixers.model import ModelFixer

        return ModelFixer(self._prompts.questions, self._projects.service.get, run_id, lines_around)

    def fixes_since(self, since: date, project_id: int | None = None) -> Fixes:
        """Fixes accepted and seen to survive from a day (UTC) on, of all projects or one."""
        from sigma_core.proposals.costs import fixes_since

        with self._database.reading() as session:
            return fixes_since(session, since, project_id)

    def _thresholds(self, project: Project, commit: str) -> Thresholds:
        from sigma_core.proposals.decision import Thresholds

        settings = self._settings
        everywhere = Thresholds(
            settings.approve_at, settings.reject_below, settings.noticed_share, settings.no_difference_suffices
        )
        return everywhere.of(project, self._projects.service.config(project, commit))

    @cached_property
    def _pool(self) -> Executor:
        from concurrent.futures import ThreadPoolExecutor

        return ThreadPoolExecutor(self._settings.model_concurrency, thread_name_prefix="model")
