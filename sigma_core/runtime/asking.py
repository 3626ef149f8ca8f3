"""The graph's questions to a model, on the one metered way to it."""

from collections.abc import Mapping
from importlib.metadata import version
from typing import Any

from sigma_core.graph.extraction import Question
from sigma_core.llm.metered import MeteredModel
from sigma_core.llm.model import Message, Rendered
from sigma_core.projects.tables import Project

WORKER = "graph"
"""Whose calls they are, in usage and budgets."""


def ask_for_facts(model: MeteredModel, project: Project | None, question: Question) -> Mapping[str, Any]:
    """The answer to one of Graphiti's questions. Raises as `MeteredModel.ask` does."""
    turns = tuple(Message("system" if role == "system" else "user", text) for role, text in question.turns)
    prompt = Rendered(
        f"graph/{question.name}", f"graphiti-{version('graphiti-core')}", turns, question.schema, {},
        max_output_tokens=question.max_output_tokens,
    )  # fmt: skip
    answer: Mapping[str, Any] = model.ask(prompt, worker=WORKER, run_id=None, project=project).data
    return answer
