"""Learning: what the room `learning` offers, built when it is first used."""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from sigma_core.clock import Clock
    from sigma_core.database import Database
    from sigma_core.learning.patterns.advice import PatternAdvice
    from sigma_core.learning.patterns.fixer import PatternFixer
    from sigma_core.learning.patterns.service import CodePatterns
    from sigma_core.learning.patterns.study import PatternStudy
    from sigma_core.learning.service import Learning
    from sigma_core.projects.wiring import ProjectServices


class LearningServices:
    """How often fixes of a rule were accepted."""

    def __init__(self, database: Database, clock: Clock, *, projects: ProjectServices) -> None:
        self._database, self._clock, self._projects = database, clock, projects

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
