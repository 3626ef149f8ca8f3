"""The graph's questions to a model, on the one metered way to it."""

from collections.abc import Mapping
from importlib.metadata import version
from typing import Any

from sigma_core.graph.extraction import ExtractionQuestion
from sigma_core.llm.model import ChatMessage, Rendered
from sigma_core.projects.tables import Project
from sigma_core.prompts.questions import Questions

WORKER = "graph"
"""Whose calls they are, in usage and budgets."""


def ask_for_facts(questions: Questions, project: Project | None, question: ExtractionQuestion) -> Mapping[str, Any]:
    """The answer to one of Graphiti's questions. Raises as `Questions.put` does."""
    turns = tuple(ChatMessage("system" if role == "system" else "user", text) for role, text in question.turns)
    prompt = Rendered(
        f"graph/{question.name}",
        f"graphiti-{version('graphiti-core')}",
        turns,
        question.schema,
        {},
        max_output_tokens=question.max_output_tokens,
    )
    return questions.put(prompt, worker=WORKER, run_id=None, project=project).data
