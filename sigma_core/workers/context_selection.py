"""Recall's choice: which of the hits help with a question, and in which order."""

from collections.abc import Sequence
from dataclasses import dataclass

from sigma_core.clock import Clock
from sigma_core.database import Database
from sigma_core.projects.tables import Project
from sigma_core.recall.search import Hit
from sigma_core.workers.memory import Memory, change, read
from sigma_core.workers.model_questions import ModelQuestions, NoAnswer

PROMPT = "recall/context_retrieval"
MOST_QUESTIONS, MOST_HITS = 200, 60
"""Questions that are remembered, and of each the last hits that were weighed."""
MOST_PROJECTS = 100
"""Projects of which it is remembered that nothing is left to ask."""


@dataclass(frozen=True)
class ContextSelection:
    """Asks again about a question when the search finds something for it that it did not find before."""

    database: Database
    clock: Clock

    def is_settled(self, project: Project, questions: Sequence[str], state: str) -> bool:
        """Whether just these questions were settled in this state of what can be recalled."""
        with self.database.reading() as session:
            known = read(session, "recall").get("settled", {}).get(str(project.id))
        return bool(known == {"questions": list(questions), "state": state})

    def settle(self, project: Project, questions: Sequence[str], state: str) -> None:
        """Note that they are."""

        def with_it(memory: Memory) -> Memory:
            projects = {**memory.get("settled", {})}
            projects.pop(str(project.id), None)
            projects[str(project.id)] = {"questions": list(questions), "state": state}
            return {**memory, "settled": dict(list(projects.items())[-MOST_PROJECTS:])}

        with self.database.transaction() as session:
            change(session, self.clock, "recall", with_it)

    def has_new_hits(self, project: Project, question: str, hits: Sequence[Hit]) -> bool:
        """Whether one of these hits has never been weighed for this question."""
        with self.database.reading() as session:
            weighed: dict[str, list[str]] = read(session, "recall").get("weighed", {})
        return not {hit.id for hit in hits} <= set(weighed.get(_key(project, question), ()))

    def choose(
        self, asking: ModelQuestions, project: Project, question: str, hits: Sequence[Hit], limit: int
    ) -> tuple[Sequence[Hit], bool]:
        """What helps, best first, and whether that was chosen; without an answer the first hits as they were found."""
        candidates = [
            {
                "id": hit.id,
                "text": hit.text[:2000],
                "source": hit.source,
                "freshness": round(hit.freshness, 3),
                "score": round(hit.score, 4),
            }
            for hit in hits
        ]
        said = asking(PROMPT, query=question, limit=limit, candidates=candidates)
        if said is not NoAnswer.LATER:
            self._remember(project, question, hits)
        if isinstance(said, NoAnswer):
            return hits[:limit], False
        by_id = {hit.id: hit for hit in hits}
        named = dict.fromkeys(each["id"] for each in said.data["context"])
        return [by_id[id_] for id_ in named if id_ in by_id][:limit], True

    def _remember(self, project: Project, question: str, hits: Sequence[Hit]) -> None:
        def with_them(memory: Memory) -> Memory:
            weighed = {**memory.get("weighed", {})}
            before = weighed.pop(_key(project, question), [])
            ids = dict.fromkeys((*before, *(hit.id for hit in hits)))
            weighed[_key(project, question)] = list(ids)[-MOST_HITS:]
            return {**memory, "weighed": dict(list(weighed.items())[-MOST_QUESTIONS:])}

        with self.database.transaction() as session:
            change(session, self.clock, "recall", with_them)


def _key(project: Project, question: str) -> str:
    return f"{project.id}/{question}"
