"""What learning sees in code: what fixes replaced, in history and decisions; then what a model makes of it."""

from collections.abc import Mapping
from dataclasses import dataclass

from sigma_core.learning.patterns.study import PatternStudy
from sigma_core.projects.tables import Project
from sigma_core.workers.base import CycleContext, Publish
from sigma_core.workers.learning import Extract


@dataclass(frozen=True)
class CodePatternReview:
    """Two ways to find patterns, one after the other."""

    study: PatternStudy
    asked: Extract

    def __call__(self, project: Project, context: CycleContext, publish: Publish) -> Mapping[str, int]:
        """Figures of both. Call it outside of any transaction."""
        return {**self.study(project, context.progress), **self.asked(project, context, publish)}
