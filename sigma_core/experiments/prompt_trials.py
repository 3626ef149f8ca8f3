"""Canaries of prompts as experiments: each is on the board with its terms; what is decided there moves the label."""

from collections.abc import Mapping
from dataclasses import dataclass

from sqlmodel import Session, col, select

from sigma_core.clock import Clock
from sigma_core.database import Database
from sigma_core.experiments import lifecycle
from sigma_core.experiments.share_difference import Share, difference
from sigma_core.experiments.tables import Experiment, ExperimentStatus, ExperimentVerdict
from sigma_core.experiments.trial_terms import QUESTIONS, TrialBudget, TrialCost, TrialTerms, arm_document
from sigma_core.prompts.canary import Canaries, CanaryStatus
from sigma_core.prompts.sequential import Arm, Direction, leaning
from sigma_core.prompts.tables import PromptCanary

ACTOR, SCOPE = "canary", "canary/"
_RUNNING = ExperimentStatus.RUNNING.value
_VERDICTS = {"promoted": ExperimentVerdict.HELPS, "rolled_back": ExperimentVerdict.HARMS}


@dataclass(frozen=True)
class PromptTrials:
    """Writes an experiment down for each canary as it begins, and how it goes and ends."""

    database: Database
    clock: Clock
    canaries: Canaries

    def follow(self) -> None:
        """Look once. Costs two queries while no version is tried."""
        with self.database.reading() as session:
            query = select(Experiment.scope, Experiment.standing).where(col(Experiment.scope).startswith(SCOPE))
            known = dict(session.exec(query).all())
            canaries = [key for key in session.exec(select(PromptCanary.id)).all() if key is not None]
            due = [key for key in canaries if known.get(f"{SCOPE}{key}", _RUNNING) == _RUNNING]
        for key in due:
            with self.database.transaction() as session:
                self._follow(session, key)

    def apply(self, session: Session, experiment: Experiment, *, actor: str, reason: str) -> None:
        """Let production be what the experiment's standing says, in the caller's transaction."""
        canary = session.get_one(PromptCanary, int(experiment.scope.removeprefix(SCOPE)))
        self.canaries.settle(
            session,
            canary,
            to_candidate=experiment.standing == ExperimentStatus.PROMOTED,
            actor=actor,
            reason=f"Experiment {experiment.id}: {reason}",
        )

    def _follow(self, session: Session, key: int) -> None:
        self.database.lock(session, f"canary/{key}")
        canary = session.get_one(PromptCanary, key)
        now = self.canaries.counted(session, canary)
        found = session.exec(select(Experiment).where(Experiment.scope == f"{SCOPE}{key}")).one_or_none()
        experiment = found or self._added(session, now)
        self._measure(experiment, now)
        session.flush()
        if canary.state != "running":
            experiment.verdict = _VERDICTS.get(canary.state, ExperimentVerdict.UNCLEAR)
            experiment.ended_at, experiment.promoted_arm = canary.ended_at, 1 if canary.state == "promoted" else None
            session.flush()
            lifecycle.move(session, self.clock, experiment, _standing(canary), actor=ACTOR, reason=canary.verdict)

    def _added(self, session: Session, now: CanaryStatus) -> Experiment:
        canary = now.canary
        slot = f"{canary.worker}/{canary.type}"
        terms = TrialTerms(canary.outcome, sample_size=canary.most_calls, budget=TrialBudget(canary.most_calls, None))
        new = Experiment(
            name=f"prompt {slot} {now.candidate_name} #{canary.id}"[-200:],
            scope=f"{SCOPE}{canary.id}",
            worker=canary.worker,
            hypothesis=canary.reason,
            approach=f"Runs draw by lot between {now.baseline_name} and {now.candidate_name}, which meets "
            f"{canary.share:.0%} of them at first and {canary.most_share:.0%} at most.",
            metric=canary.outcome,
            risk="medium",
            rollback_plan=f"{slot} is answered with {now.baseline_name} again from the next run on.",
            terms=terms.document(),
            standing=ExperimentStatus.RUNNING,
            started_at=canary.started_at,
            created_at=self.clock(),
            changed_at=self.clock(),
        )
        session.add(new)
        session.flush()
        return new

    def _measure(self, experiment: Experiment, now: CanaryStatus) -> None:
        result, baseline = (Share(arm.good, arm.calls) for arm in (now.candidate, now.baseline))
        seen = difference(result, baseline)
        experiment.result, experiment.baseline = result.document(), baseline.document()
        experiment.improvement, experiment.low, experiment.high = seen.improvement, seen.low, seen.high
        is_running = now.canary.state == "running"
        experiment.shares = [1 - now.canary.share, now.canary.share] if is_running else []
        shown = {leaning(now.baseline, now.candidate): now.evidence}
        experiment.arms = [_arm(now.baseline_name, now.baseline, {}), _arm(now.candidate_name, now.candidate, shown)]
        # A canary is bounded by calls alone
        experiment.spent = vars(TrialCost(now.candidate.calls))
        experiment.changed_at = self.clock()


def _arm(version: str, arm: Arm, evidence: Mapping[Direction, float]) -> dict[str, object]:
    shown: dict[str, object] = {question: round(evidence.get(question, 0.0), 4) for question in QUESTIONS}
    return {**arm_document(version), "good": arm.good, "n": arm.calls, **shown}


def _standing(canary: PromptCanary) -> ExperimentStatus:
    if canary.state in _VERDICTS:
        return ExperimentStatus(canary.state)
    # Figures are kept where outcomes ended it, not a person
    return ExperimentStatus.NO_DIFFERENCE if canary.figures else ExperimentStatus.STOPPED
