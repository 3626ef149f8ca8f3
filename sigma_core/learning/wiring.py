"""Learning: what the room `learning` offers, built when it is first used."""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from sigma_core.clock import Clock
    from sigma_core.database import Database
    from sigma_core.learning.committee.service import CommitteeRecord
    from sigma_core.learning.expectations import Expectations
    from sigma_core.learning.past_reading import PastReading
    from sigma_core.learning.patterns.advice import PatternAdvice
    from sigma_core.learning.patterns.fixer import PatternFixer
    from sigma_core.learning.patterns.service import CodePatterns
    from sigma_core.learning.patterns.study import PatternStudy
    from sigma_core.learning.service import Learning
    from sigma_core.projects.tables import Project
    from sigma_core.projects.wiring import ProjectServices
    from sigma_core.proposals.wiring import ProposalServices
    from sigma_core.settings import Settings


class LearningServices:
    """How issues and fixes of each rule fare, what that lets one expect, and what the committee's votes were worth."""

    def __init__(
        self,
        settings: Settings,
        database: Database,
        clock: Clock,
        *,
        projects: ProjectServices,
        proposals: ProposalServices,
    ) -> None:
        self._settings, self._database, self._clock = settings, database, clock
        self._projects, self._proposals = projects, proposals

    @cached_property
    def service(self) -> Learning:
        from sigma_core.learning.service import Learning

        return Learning(self._database, self._clock)

    @cached_property
    def patterns(self) -> CodePatterns:
        from sigma_core.learning.patterns.service import CodePatterns

        return CodePatterns(self._database, self._clock)

    @cached_property
    def pattern_study(self) -> PatternStudy:
        from sigma_core.learning.patterns.study import PatternStudy

        return PatternStudy(self._database, self._clock, self._projects.service.clone)

    @cached_property
    def pattern_advice(self) -> PatternAdvice:
        from sigma_core.learning.patterns.advice import PatternAdvice

        return PatternAdvice(self.patterns, self._projects.service.clone)

    @property
    def pattern_fixer(self) -> PatternFixer:
        from sigma_core.learning.patterns.fixer import PatternFixer

        return PatternFixer(self.patterns, self.pattern_advice, self._projects.service.get)

    @cached_property
    def past(self) -> PastReading:
        from sigma_core.learning.past_reading import PastReading

        return PastReading(self._database, self._clock, self._projects.service.clone)

    @cached_property
    def expectations(self) -> Expectations:
        from sigma_core.learning.expectations import Expectations

        return Expectations(self._database, self._clock, self.past)

    def look_back(self, project: Project, tell: Callable[[str], None]) -> Mapping[str, object]:
        """Read on in a project's past for a while; figures for its run where some of it is left."""
        from sigma_core.errors import SigmaError

        try:
            read = self.past.read(project, budget_s=self._settings.history_s, tell=tell)
        except SigmaError as error:
            return {"past_unread": str(error)}
        return {} if read.is_complete else {"past_samples": read.samples, "past_lives": read.lives}

    @cached_property
    def committee(self) -> CommitteeRecord:
        from sigma_core.learning.committee.service import CommitteeRecord

        return CommitteeRecord(
            self._database, self._clock, self._proposals.ledger, self._proposals.calibration, self.service.forget
        )
