"""Think: prove waiting proposals in the sandbox and decide them by committee."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar

from sqlmodel import Session

from sigma_core.exchange.message import Message
from sigma_core.exchange.types import DecisionOutcome, RiskPattern
from sigma_core.projects.service import Projects
from sigma_core.projects.tables import Project
from sigma_core.proposals.applying import Applying
from sigma_core.proposals.evidence import Evidence
from sigma_core.proposals.judging import Judge, Judged, Occasion
from sigma_core.proposals.rebasing import Rebasing
from sigma_core.proposals.service import Proposals
from sigma_core.proposals.tables import Decision, Proposal, ProposalState, Verdict
from sigma_core.workers.base import Context, Publish, Work
from sigma_core.workers.memory import Memory

MOST_AT_ONCE = 200
KEPT_RISKS = 200


@dataclass(frozen=True)
class ThinkWorker:
    """Verifies all that waits on the newest commit together, and decides one by one."""

    name: ClassVar[str] = "think"
    projects: Projects
    proposals: Proposals
    judge: Judge
    rebasing: Rebasing
    applying: Applying
    autonomy: str

    def work(self, project: Project, context: Context, publish: Publish) -> Work:
        project = self.projects.refresh(self.projects.get(project.id or 0))
        applied = self.applying.apply_requested(project, progress=context.progress, cancelled=context.cancelled)
        waiting = self.proposals.list(project_id=project.id, state=ProposalState.WAITING, limit=MOST_AT_ONCE)
        ready = [moved for each in waiting if (moved := self.rebasing.onto_head(project, each)) is not None]
        judged = self._judge(project, ready, context, publish) if ready else []
        figures: dict[str, Any] = {verdict.value: 0 for verdict in Verdict}
        for each in judged:
            figures[each.decision.verdict] += 1
        applied += self.applying.apply_requested(project, progress=context.progress, cancelled=context.cancelled)
        return Work(len(judged) or applied, {**figures, "applied": applied})

    def integrate(self, memory: Memory, message: Message) -> Memory:
        """Keep the newest risk patterns: what went wrong with which kind of change."""
        if message.type != "risk_pattern":
            return memory
        risk = message.payload.model_dump()
        risks = {**memory.get("risks", {}), risk["pattern"]: {**risk, "knowledge_id": message.message_id}}
        newest = dict(list(risks.items())[-KEPT_RISKS:])
        return {**memory, "risks": newest}

    def _judge(
        self, project: Project, ready: Sequence[Proposal], context: Context, publish: Publish
    ) -> Sequence[Judged]:
        commits = (project.autonomy or self.autonomy) == "commit"

        def then(session: Session, proposal: Proposal, decision: Decision, evidence: Evidence) -> None:
            tell(session, proposal, decision, evidence, publish)
            if commits and decision.verdict == Verdict.APPROVED:
                # With the decision, so that a crash between it and the branch loses nothing
                proposal.apply_requested_by = self.name

        return self.judge.judge(
            project, ready, Occasion(actor=self.name, run_id=context.run_id), progress=context.progress,
            cancelled=context.cancelled, then=then,
        )  # fmt: skip


def tell(session: Session, proposal: Proposal, decision: Decision, evidence: Evidence, publish: Publish) -> None:
    """Publish the outcome with the decision, in its transaction."""
    success = decision.verdict == Verdict.APPROVED
    context: Mapping[str, Any] = {
        "rule": proposal.rule or "outside", "fixer": proposal.fixer, "files": proposal.files[:5],
        "score": decision.score if decision.score is not None else "none",
    }  # fmt: skip
    outcome = DecisionOutcome(
        decision=f"decision/{decision.id}", success=success, learning=decision.reasons[0][:500], context=dict(context)
    )
    publish(outcome, origin=f"decision/{decision.id}", session=session)
    if decision.verdict == Verdict.REJECTED and proposal.rule:
        broken = len(evidence.tests.newly_failed) + len(evidence.tests.vanished) if evidence.tests else 0
        risk = RiskPattern(
            pattern=f"{proposal.fixer} fix of {proposal.rule}",
            severity="error" if broken else "warning",
            confidence=decision.confidence or 0.5,
            context={"reason": decision.reasons[0][:500], "broken_tests": broken},
        )
        publish(risk, origin=f"risk/{decision.id}", urgency="high", session=session)
