"""Think: prove waiting proposals in the sandbox and decide them by committee."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar, Literal

from sqlmodel import Session

from sigma_core.clock import Clock
from sigma_core.database import Database
from sigma_core.exchange.service import Exchange
from sigma_core.exchange.types import DecisionOutcome, RiskPattern
from sigma_core.formatting import plural
from sigma_core.learning.posterior import mean, pattern_name
from sigma_core.projects.service import Projects
from sigma_core.projects.tables import Project
from sigma_core.proposals.applying import Applying
from sigma_core.proposals.evidence import Evidence, SuiteRunState
from sigma_core.proposals.rebasing import Rebasing
from sigma_core.proposals.review import Occasion, ProposalReview, Reviewed
from sigma_core.proposals.service import Proposals
from sigma_core.proposals.tables import Decision, Proposal, ProposalState, Verdict
from sigma_core.text import storable
from sigma_core.workers.base import CycleContext, Publish, Work
from sigma_core.workers.batch import LeftOut
from sigma_core.workers.changed_places import places
from sigma_core.workers.knowledge_usage import UsedKnowledge, note, pass_on, settle
from sigma_core.workers.received_knowledge import ReceivedKnowledge, Subjects

MOST_AT_ONCE = 200
_UNENDED = (SuiteRunState.CRASHED, SuiteRunState.TIMEOUT, SuiteRunState.REFUSED)
OUTCOMES: Mapping[str, Literal["approved", "rejected", "undecided"]] = {
    Verdict.APPROVED: "approved",
    Verdict.REJECTED: "rejected",
    Verdict.NEEDS_HUMAN: "undecided",
}


@dataclass(frozen=True)
class ThinkWorker:
    """Verifies all that waits on the newest commit together, and decides one by one."""

    name: ClassVar[str] = "think"
    publishes: ClassVar[tuple[str, ...]] = ("decision_outcome", "risk_pattern")
    keeps: ClassVar[Mapping[str, str]] = {
        "risk_pattern": "pattern",
        "critical_issue": "issue_type",
        "issue_pattern": "issue_type",
        "proposal_quality": "proposal",
    }
    database: Database
    clock: Clock
    exchange: Exchange
    received: ReceivedKnowledge
    projects: Projects
    proposals: Proposals
    review: ProposalReview
    rebasing: Rebasing
    applying: Applying
    autonomy: str

    def work(self, project: Project, context: CycleContext, publish: Publish) -> Work:
        project = self.projects.refresh(self.projects.get(project.id or 0))
        carried = self.rebasing.carry_rulings(project)
        applied = self.applying.apply_requested(project, progress=context.progress, cancelled=context.cancelled)
        waiting = self.proposals.list(project_id=project.id, state=ProposalState.WAITING, limit=MOST_AT_ONCE)
        left_out = LeftOut()
        ready = self._on_head(project, waiting, left_out)
        critical = {
            **self.received.about("critical_issue", project.id),
            **self.received.about("issue_pattern", project.id),
        }
        ready.sort(key=lambda proposal: proposal.rule not in critical)
        reviewed = self._review(project, ready, context, publish, left_out) if ready else []
        figures: dict[str, Any] = {verdict.value: 0 for verdict in Verdict}
        for each in reviewed:
            figures[each.decision.verdict] += 1
            for name, count in each.unanswered.items():
                figures[name] = figures.get(name, 0) + count
        applied += self.applying.apply_requested(project, progress=context.progress, cancelled=context.cancelled)
        with self.database.transaction() as session:
            verdicts = settle(session, self.exchange, self.name)
        figures |= {"carried": len(carried), "applied": applied, "knowledge_judged": verdicts}
        figures |= _unended(reviewed)
        return Work(len(reviewed) or applied, figures | left_out.figures)

    def _on_head(self, project: Project, waiting: Sequence[Proposal], left_out: LeftOut) -> list[Proposal]:
        moved = []
        for each in waiting:
            with left_out.one(f"proposal {each.id}"):
                moved.append(self.rebasing.onto_head(project, each))
        return [each for each in moved if each is not None]

    def _review(
        self, project: Project, ready: Sequence[Proposal], context: CycleContext, publish: Publish, left_out: LeftOut
    ) -> Sequence[Reviewed]:
        commits = (project.autonomy or self.autonomy) == "commit"
        forecasts = self.received.about("proposal_quality")

        def then(session: Session, proposal: Proposal, decision: Decision, evidence: Evidence) -> None:
            tell(session, proposal, decision, evidence, publish)
            note(session, self.name, proposal.id or 0, used(proposal, decision, forecasts), self.clock())
            if commits and decision.verdict == Verdict.APPROVED:
                # With the decision, so that a crash between it and the branch loses nothing
                proposal.apply_requested_by = self.name

        return self.review.review(
            project,
            ready,
            Occasion(actor=self.name, run_id=context.run_id),
            progress=context.progress,
            cancelled=context.cancelled,
            then=then,
            parted=pass_on,
            one=lambda each: left_out.one(f"proposal {each.id}"),
        )


def tell(session: Session, proposal: Proposal, decision: Decision, evidence: Evidence, publish: Publish) -> None:
    """Publish the outcome with the decision, in its transaction."""
    ended, changed = OUTCOMES[decision.verdict], places(session, proposal)
    context: Mapping[str, Any] = {
        "rule": proposal.rule or "outside",
        "fixer": proposal.fixer,
        "files": proposal.files[:5],
        "score": decision.score if decision.score is not None else "none",
    }
    outcome = DecisionOutcome(
        decision=f"decision/{decision.id}",
        success=ended == "approved",
        outcome=ended,
        learning=storable(decision.reasons[0], 500),
        context=dict(context),
        proposal=f"proposal/{proposal.id}",
        rule=proposal.rule,
        places=changed,
    )
    publish(outcome, origin=f"decision/{decision.id}", session=session)
    if decision.verdict == Verdict.REJECTED and proposal.rule:
        broken = len(evidence.tests.newly_failed) + len(evidence.tests.vanished) if evidence.tests else 0
        assessed = decision.rules["precedents"]["assessed"]
        foreseen = {"level": assessed["level"], "risks": assessed["risks"][:3]} if assessed else {}
        risk = RiskPattern(
            pattern=pattern_name(proposal.fixer, proposal.rule),
            severity="error" if broken or foreseen.get("level") == "high" else "warning",
            confidence=refusal(decision),
            context={"reason": storable(decision.reasons[0], 500), "broken_tests": broken, **foreseen},
            rule=proposal.rule,
            places=changed,
        )
        publish(risk, origin=f"risk/{decision.id}", urgency="high", session=session)


def refusal(decision: Decision) -> float:
    """Expected share of refused fixes of this kind, 0–1: its precedents' posterior mean with this refusal counted."""
    precedents = decision.rules["precedents"]
    return mean(precedents["refused"] + 1, precedents["accepted"])


def used(proposal: Proposal, decision: Decision, forecasts: Subjects) -> list[UsedKnowledge]:
    """What was known when it was decided: risks that let expect a refusal, and what its author expected of it."""
    risks = [
        UsedKnowledge(risk["id"], "risk", risk["freshness"], 1 - risk["confidence"])
        for risk in decision.rules["precedents"]["risks"]
    ]
    said = forecasts.get(f"proposal/{proposal.id}", ())
    return [*risks, *(UsedKnowledge(item.id, "forecast", item.freshness, item.data["score"]) for item in said)]


def _unended(reviewed: Sequence[Reviewed]) -> dict[str, str]:
    """That the base's own tests did not come to their end, where fixes wait for a person because of that."""
    undecided = [each.evidence.tests for each in reviewed if each.decision.verdict == Verdict.NEEDS_HUMAN]
    held = [tests.baseline.detail for tests in undecided if tests is not None and tests.baseline.state in _UNENDED]
    if not held:
        return {}
    wait = plural(len(held), "fix waits", "fixes wait")
    return {"base_tests": f"its tests do not run to their end, so {wait} for a person: {held[0]}"}
