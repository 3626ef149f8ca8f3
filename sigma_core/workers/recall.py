"""Recall: context for what the others will ask about next."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import ClassVar

from sigma_core.exchange.types import ContextEnrichment
from sigma_core.experiments.tunable_catalog import (
    RECALL_CANDIDATES,
    RECALL_CHOSEN,
    RECALL_GRAPH,
    RECALL_MEANING,
)
from sigma_core.experiments.tunables import DefaultValues, TunedValues
from sigma_core.issues.service import Issues
from sigma_core.projects.tables import Project
from sigma_core.prompts.questions import Questions
from sigma_core.recall.fusion import Weighting
from sigma_core.recall.search import Hit, Recall
from sigma_core.workers.base import CycleContext, Publish, Work
from sigma_core.workers.batch import LeftOut
from sigma_core.workers.context_selection import ContextSelection
from sigma_core.workers.model_questions import ModelQuestions

MOST_QUERIES = 5
OBSERVED = ("issue/", "code/")
"""Hits that repeat what a rule or the code says, and that nobody has learned."""


@dataclass(frozen=True)
class RecallWorker:
    """Searches what is known about the worst open issues and publishes what of it helps."""

    name: ClassVar[str] = "recall"
    publishes: ClassVar[tuple[str, ...]] = ("context_enrichment",)
    keeps: ClassVar[Mapping[str, str]] = {"context_enrichment": "context_type"}
    issues: Issues
    recall: Recall
    questions: Questions
    selection: ContextSelection
    values: TunedValues = field(default_factory=DefaultValues)

    def work(self, project: Project, context: CycleContext, publish: Publish) -> Work:
        asking, found, left_out = ModelQuestions(self.questions, project, context.run_id), 0, LeftOut()
        wanted, state = self._questions(project), self.recall.state()
        if self.selection.is_settled(project, wanted, state):
            return Work()
        candidates, most = (
            self.values.value(each, project.id or 0, context.run_id) for each in (RECALL_CANDIDATES, RECALL_CHOSEN)
        )
        weighting = Weighting(
            *(self.values.value(each, project.id or 0, context.run_id) for each in (RECALL_MEANING, RECALL_GRAPH))
        )
        for rule in wanted:
            context.progress(f"recalling {rule}")
            with left_out.one(f"rule {rule}"):
                hits = self.recall.search(rule, project_id=project.id, limit=candidates, weighting=weighting)
                known = [hit for hit in hits if not hit.id.startswith(OBSERVED)]
                if known and self.selection.has_new_hits(project, rule, known):
                    chosen, ranked = self.selection.choose(asking, project, rule, known, most)
                    found += self._tell(project, rule, chosen, publish, ranked=ranked)
        if not asking.postponed:
            self.selection.settle(project, wanted, state)
        return Work(found, {**asking.figures, **left_out.figures})

    @staticmethod
    def _tell(project: Project, rule: str, chosen: Sequence[Hit], publish: Publish, *, ranked: bool) -> int:
        """Publish once for one state of knowledge. Relevance is what the search measured of what was chosen first."""
        if not chosen:
            return 0
        best = chosen[0]
        enrichment = ContextEnrichment(
            context_type=f"rule {rule}",
            enrichment={"found": [hit.id for hit in chosen], "text": best.text[:500]},
            relevance=min(1.0, max(0.0, best.score)),
        )
        how = "ranked" if ranked else "found"
        publish(enrichment, origin=f"context/{project.id}/{rule}/{how}/{'+'.join(hit.id for hit in chosen)}"[:200])
        return len(chosen)

    def _questions(self, project: Project) -> list[str]:
        worst = self.issues.worst_open(project.id or 0, 50)
        return list(dict.fromkeys(issue.rule for issue in worst))[:MOST_QUERIES]
