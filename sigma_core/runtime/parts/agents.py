"""The six agents."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import cached_property
from typing import TYPE_CHECKING, Any

from sigma_core.runtime.parts.proposals import ProposalParts

if TYPE_CHECKING:
    from sigma_core.proposals.fixers.base import Fixer
    from sigma_core.workers.base import Cycle, Worker


class AgentParts(ProposalParts):
    """Five workers and the dreamer, in one cycle."""

    @cached_property
    def cycle(self) -> Cycle:
        """The six agents."""
        from sigma_core.dreamer.proposing import Proposing
        from sigma_core.dreamer.worker import DreamerWorker
        from sigma_core.projects.readiness import environment_digest
        from sigma_core.proposals.fixers import registry as fixers
        from sigma_core.workers.analysis import AnalysisWorker
        from sigma_core.workers.assessing import Assessing
        from sigma_core.workers.base import Cycle
        from sigma_core.workers.choosing import Priorities
        from sigma_core.workers.dream import DreamWorker
        from sigma_core.workers.extracting import Extracting
        from sigma_core.workers.learning import LearningWorker
        from sigma_core.workers.ranked import Ranking
        from sigma_core.workers.recall import RecallWorker
        from sigma_core.workers.think import ThinkWorker

        priorities = Priorities(self._heard("analysis"), self.learning.acceptance, self._priors)
        advice = self._guidance("analysis")
        workers: Sequence[Worker] = (
            AnalysisWorker(
                self.database,
                self.clock,
                self.projects,
                self.issues,
                priorities,
                Assessing(self.database, self.projects, self.questions),
                self.proposals.prove_again,
                environment_digest,
                advice.heat,
                advice.odd,
            ),
            DreamWorker(
                database=self.database,
                clock=self.clock,
                projects=self.projects,
                issues=self.issues,
                policy=self.rule_preferences.policy,
                proposals=self.proposals,
                linters=fixers.BUILT_IN,
                plugins=fixers.installed(),
                model=self._model_fixer if self.model.remote else None,
                recall=self.recall,
                experiments=self.experiments,
                likely=self._guidance("dream").likely,
                acceptance=priorities,
                exchange=self.exchange,
                heard=self._heard("dream"),
            ),
            ThinkWorker(
                self.database,
                self.clock,
                self.exchange,
                self._heard("think"),
                self.projects,
                self.proposals,
                self.review,
                self.rebasing,
                self.applying,
                self.settings.autonomy,
            ),
            LearningWorker(
                self.database,
                self.learning,
                Extracting(self.database, self.clock, self.learning, self.questions),
                self._guidance("learning").courses,
            ),
            RecallWorker(self.issues, self.recall, self.questions, Ranking(self.database, self.clock)),
            DreamerWorker(
                self.database,
                self.clock,
                self.experiments,
                Proposing(self.database, self.clock, self.experiments, self.questions, self._strategies),
            ),
        )
        by_name = {worker.name: worker for worker in workers}
        return Cycle(
            self.database, self.clock, self.exchange, by_name, {"learning": self.learning.hear}, self.inquiries.step
        )

    def _priors(self, project_id: int) -> Mapping[str, float]:
        """Acceptance to expect (0–1) by rule in a project, by what another one that is like it has learned."""
        return self._guidance("learning").priors(
            project_id, lambda name: self.learning.acceptance(self.projects.get(name).id or 0)
        )

    def _strategies(self) -> Sequence[dict[str, Any]]:
        """What there is to experiment with; loaded when somebody asks."""
        return self.strategy_catalog.described()

    def _model_fixer(self, run_id: int) -> Fixer:
        from sigma_core.proposals.fixers.model import ModelFixer

        return ModelFixer(self.questions, self.projects.get, run_id)
