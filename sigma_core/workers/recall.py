"""Recall: context for what the others will ask about next."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar

from sigma_core.exchange.types import ContextEnrichment
from sigma_core.issues.book import IssueBook
from sigma_core.projects.tables import Project
from sigma_core.recall.search import Recall
from sigma_core.workers.base import Context, Publish, Work

MOST_QUERIES = 5


@dataclass(frozen=True)
class RecallWorker:
    """Searches what is known about the worst open issues and publishes what it finds."""

    name: ClassVar[str] = "recall"
    publishes: ClassVar[tuple[str, ...]] = ("context_enrichment",)
    keeps: ClassVar[Mapping[str, str]] = {"context_enrichment": "context_type"}
    issues: IssueBook
    recall: Recall

    def work(self, project: Project, context: Context, publish: Publish) -> Work:
        found = 0
        for rule in self._questions(project):
            context.progress(f"recalling {rule}")
            hits = self.recall.search(rule, project_id=project.id, limit=3)
            known = [hit for hit in hits if not hit.id.startswith("issue/")]
            if not known:
                continue
            best = known[0]
            enrichment = ContextEnrichment(
                context_type=f"rule {rule}",
                enrichment={"found": [hit.id for hit in known], "text": best.text[:500]},
                relevance=min(1.0, max(0.0, best.score)),
            )
            # Once for one state of knowledge: the same hits for the same question are no news, in any order
            publish(enrichment, origin=f"context/{project.id}/{rule}/{'+'.join(sorted(hit.id for hit in known))}"[:200])
            found += len(known)
        return Work(found)

    def _questions(self, project: Project) -> list[str]:
        worst = self.issues.worst_open(project.id or 0, 50)
        return list(dict.fromkeys(issue.rule for issue in worst))[:MOST_QUERIES]
