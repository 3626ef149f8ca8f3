"""What could go wrong with a change: asked once for each judgement, before the committee votes."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from sigma_core.errors import SigmaError
from sigma_core.projects.tables import Project
from sigma_core.prompts.questions import Questions
from sigma_core.proposals.committee import Absent, AssessedRisk, KnownRisk
from sigma_core.proposals.opinions import absent
from sigma_core.proposals.tables import Proposal
from sigma_core.recall.search import Hit, Recall
from sigma_core.redaction import redact

PROMPT = "think/risk_assessment"
MOST_KNOWN = 20
"""Known risks shown, as many as the prompt takes."""
MOST_RECALLED = 5


class RiskAssessment:
    """Asks about proposals. `project` looks a project up by id; `recall` finds what else is known of a change."""

    def __init__(self, questions: Questions, project: Callable[[int], Project], recall: Recall) -> None:
        self._questions, self._project, self._recall = questions, project, recall

    def of(
        self, proposal: Proposal, facts: Mapping[str, Any], known: Sequence[KnownRisk], *, run_id: int | None
    ) -> AssessedRisk | Absent:
        """The risk of a change with these measured facts. Call it outside of any transaction."""
        context = self._context(proposal) if self._questions.by_model else []
        try:
            said = self._questions.ask(
                PROMPT,
                {
                    "change_type": proposal.change_type,
                    "title": proposal.title,
                    "facts": dict(facts),
                    "known_risks": [dict(risk) for risk in known[:MOST_KNOWN]] or None,
                    "context": [hit.text for hit in context] or None,
                    "diff": proposal.diff,
                },
                run_id=run_id,
                project=self._project(proposal.project_id),
            )
        except SigmaError as error:
            return absent(error)
        return AssessedRisk(
            level=said.data["level"],
            risks=[redact(risk) for risk in said.data["risks"]],
            mitigations=[redact(cure) for cure in said.data["mitigations"]],
            confidence=float(said.data["confidence"]),
            model=said.model,
            prompt_version=said.prompt_version,
            by_model=said.by_model,
            context=[hit.id for hit in context],
        )

    def _context(self, proposal: Proposal) -> list[Hit]:
        """What is known beside the risks, but for the proposal itself and the issues it is for."""
        about = f"{proposal.rule or ''} {proposal.title}".strip()
        hits = self._recall.search(about, project_id=proposal.project_id, limit=2 * MOST_RECALLED)
        own = {f"proposal/{proposal.id}", *(f"issue/{key}" for key in proposal.issue_ids)}
        return [hit for hit in hits if hit.id not in own][:MOST_RECALLED]
