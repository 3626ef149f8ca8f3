"""A model's opinion in a member's place; of several members calls at once, each its own prompt view."""

from collections.abc import Callable, Mapping
from concurrent.futures import Executor
from contextvars import copy_context
from typing import Any

from sigma_core.errors import SigmaError
from sigma_core.llm.errors import figure_of
from sigma_core.projects.tables import Project
from sigma_core.prompts.questions import Questions
from sigma_core.proposals.committee import Absent, Opinion
from sigma_core.proposals.evidence import Evidence
from sigma_core.proposals.tables import Proposal
from sigma_core.redaction import redact

PROMPT = "think/committee_scoring"


class Opinions:
    """Asks about proposals. `project` looks a project up by id; `pool` runs the calls of one proposal together."""

    def __init__(self, questions: Questions, project: Callable[[int], Project], pool: Executor) -> None:
        self._questions = questions
        self._project = project
        self._pool = pool

    def of(
        self,
        proposal: Proposal,
        evidence: Evidence,  # noqa: ARG002 (each member sees its own facts of it, nothing else)
        facts: Mapping[str, Mapping[str, Any]],
        *,
        run_id: int | None,
    ) -> Mapping[str, Opinion | Absent]:
        """What a model thinks, by member, for each whose facts are given.

        A member whose call fails is absent with the reason. Without a model server the offline rules are asked and
        recorded all the same, but they are no opinion: the result is empty. Call it outside of any transaction.
        """
        project = self._project(proposal.project_id)
        asked = {
            member: self._pool.submit(copy_context().run, self._ask, member, measured, proposal, project, run_id)
            for member, measured in facts.items()
        }
        said = {member: call.result() for member, call in asked.items()}
        return said if self._questions.by_model else {}

    def _ask(
        self, member: str, measured: Mapping[str, Any], proposal: Proposal, project: Project, run_id: int | None
    ) -> Opinion | Absent:
        try:
            said = self._questions.ask(
                PROMPT,
                {
                    "change_type": proposal.change_type,
                    "rule": proposal.rule,
                    "title": proposal.title,
                    "description": proposal.description or None,
                    "facts": dict(measured),
                    "diff": proposal.diff,
                },
                run_id=run_id,
                project=project,
                view=member,
            )
        except SigmaError as error:
            return absent(error)
        return Opinion(
            score=float(said.data["score"]),
            confidence=float(said.data["confidence"]),
            risks=said.data["risks"],
            veto=said.data["veto"] or None,
            prompt_version=said.prompt_version,
            raw={"model": said.model, "text": redact(said.text), "said": _counted_fields(said.data)},
        )


def _counted_fields(data: Mapping[str, Any]) -> dict[str, Any]:
    """What counts of an answer, as it was read: a replay reads no text again."""
    return {name: data[name] for name in ("score", "confidence", "risks", "veto")}


def absent(error: SigmaError) -> Absent:
    """Why there is no answer, and what a cycle counts it as: nothing where the project keeps its text."""
    return Absent(str(error), figure_of(error))
