"""Watches experiments by lot: takes in how units went, lets shares move, decides, and guards what was promoted."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Protocol

from sqlmodel import Session, col, select

from sigma_core.clock import Clock
from sigma_core.database import Database
from sigma_core.experiments import lifecycle
from sigma_core.experiments.allocation import shares
from sigma_core.experiments.judgement import HARM_ERROR, SettledUnit, counts, evidence, evidence_of_late_harm, needed
from sigma_core.experiments.share_difference import Share, difference
from sigma_core.experiments.tables import Experiment, ExperimentStatus, ExperimentUnit, ExperimentVerdict
from sigma_core.experiments.trial_terms import QUESTIONS, TrialCost, TrialTerms, arm_of
from sigma_core.experiments.tunable_values import EMPTY, PENDING, SETTLED
from sigma_core.experiments.tunables import TunableRegistry, UnitKind
from sigma_core.prompts.lookup import drawn

ACTOR = "dreamer"
LEAST_WATCHED = 200
"""Units for which a promotion is watched at least."""
QUESTIONS_IN_A_WATCH = 10
"""How often it is asked anew whether a promotion hurts from now on."""


class UnitOutcomes(Protocol):
    """Reads from what the system records how units went."""

    @property
    def patience(self) -> timedelta:
        """After which a unit of which nothing is known counts as one without an outcome."""
        ...

    def settled(self, session: Session, units: Sequence[int]) -> Mapping[int, float | None]:
        """The share that went well (0–1), of units of which that is known by now; None: there was nothing to judge."""
        ...


Costs = Callable[[Session, UnitKind, Sequence[int]], TrialCost]
"""What units have cost together."""


@dataclass(frozen=True)
class TrialWatch:
    """Looks at all that runs and at all that is watched. `outcomes` by name: what may decide."""

    database: Database
    clock: Clock
    registry: TunableRegistry
    outcomes: Mapping[str, UnitOutcomes]
    costs: Costs

    def advance(self) -> Sequence[Experiment]:
        """Look once; those experiments whose state has changed. Costs one query while nothing is tried."""
        with self.database.reading() as session:
            keys = session.exec(select(Experiment.id).where(col(Experiment.allocating))).all()
            due = [key for key in keys if key and self._ended_units(session, session.get_one(Experiment, key))]
        return [changed for key in due if (changed := self._advance(key)) is not None]

    def _advance(self, key: int) -> Experiment | None:
        with self.database.transaction() as session:
            self.database.lock(session, f"experiment/{key}")
            experiment = session.get_one(Experiment, key, with_for_update=True)
            if not experiment.allocating:
                return None
            for unit, outcome in self._ended_units(session, experiment):
                unit.state, unit.outcome = (EMPTY, None) if outcome is None else (SETTLED, outcome)
                unit.settled_at = self.clock()
            session.flush()
            self._count(session, experiment)
            promoted = experiment.standing == ExperimentStatus.PROMOTED
            changed = self._guard(session, experiment) if promoted else self._decide(session, experiment)
            return experiment if changed else None

    def _ended_units(self, session: Session, experiment: Experiment) -> list[tuple[ExperimentUnit, float | None]]:
        """Pending units of which it is known by now how they went, or of which nothing will be."""
        query = select(ExperimentUnit).where(
            ExperimentUnit.experiment_id == experiment.id, ExperimentUnit.state == PENDING
        )
        pending = session.exec(query.order_by(col(ExperimentUnit.id))).all()
        terms = TrialTerms.of(experiment.terms)
        outcomes = self.outcomes[terms.outcome]
        overdue = self.clock() - outcomes.patience
        known = outcomes.settled(session, [each.unit for each in pending]) if pending else {}
        return [
            (each, terms.good_share(known.get(each.unit)))
            for each in pending
            if each.unit in known or each.assigned_at < overdue
        ]

    def _count(self, session: Session, experiment: Experiment) -> None:
        units = list(_in_order(session, experiment))
        experiment.arms = [
            {
                **document,
                "good": arm.good,
                "n": arm.calls,
                **{question: round(evidence(units, at, question), 4) if at else 0.0 for question in QUESTIONS},
            }
            for at, (document, arm) in enumerate(zip(experiment.arms, counts(units, len(experiment.arms)), strict=True))
        ]
        tried = select(ExperimentUnit.unit).where(
            ExperimentUnit.experiment_id == experiment.id, col(ExperimentUnit.arm) > 0
        )
        unit = self.registry.get(experiment.tunable or "").unit
        experiment.spent = vars(self.costs(session, unit, session.exec(tried).all()))
        experiment.changed_at = self.clock()
        if experiment.standing == ExperimentStatus.RUNNING:
            _measure(experiment, _foremost(experiment))

    def _decide(self, session: Session, experiment: Experiment) -> bool:
        terms, candidates = TrialTerms.of(experiment.terms), len(experiment.arms) - 1
        experiment.arms = [
            {**arm, "stopped": arm["stopped"] or arm["worse"] >= needed(candidates, HARM_ERROR)}
            for arm in experiment.arms
        ]
        at, units = _foremost(experiment), sum(arm["n"] for arm in experiment.arms)
        is_shown = experiment.arms[at]["better"] >= needed(candidates) and (experiment.low or 0.0) > 0
        if is_shown and (experiment.improvement or 0.0) >= terms.minimal_effect:
            experiment.verdict = ExperimentVerdict.HELPS
            # What is of high risk waits for a person
            if experiment.risk != "high":
                return self._end(session, experiment, ExperimentStatus.PROMOTED, said(experiment), arm=at)
        elif all(arm["stopped"] for arm in experiment.arms[1:]):
            experiment.verdict = ExperimentVerdict.HARMS
            return self._end(session, experiment, ExperimentStatus.ROLLED_BACK, said(experiment))
        if (over := terms.budget.used_up(TrialCost(**experiment.spent))) is not None:
            return self._end(session, experiment, ExperimentStatus.STOPPED, f"Its budget is used up: {over}.")
        if units >= terms.sample_size and experiment.verdict != ExperimentVerdict.HELPS:
            experiment.verdict = ExperimentVerdict.UNCLEAR
            return self._end(session, experiment, ExperimentStatus.NO_DIFFERENCE, said(experiment))
        live = [None if arm["stopped"] else arm_of(arm) for arm in experiment.arms]
        experiment.shares = shares(live, experiment.risk)
        return False

    def _guard(self, session: Session, experiment: Experiment) -> bool:
        """Take back what hurts by now; end the watch where it has not hurt for long enough."""
        arm, terms = experiment.promoted_arm or 1, TrialTerms.of(experiment.terms)
        length = max(LEAST_WATCHED, terms.sample_size)
        late = evidence_of_late_harm(list(_in_order(session, experiment)), arm, length // QUESTIONS_IN_A_WATCH)
        if late >= needed(1):
            _measure(experiment, arm)
            experiment.verdict = ExperimentVerdict.HARMS
            return self._end(session, experiment, ExperimentStatus.ROLLED_BACK, said(experiment))
        watched = sum(each["n"] for each in experiment.arms)
        if watched >= length:
            lifecycle.end_watch(session, experiment)
            return True
        return False

    def _end(
        self, session: Session, experiment: Experiment, to: ExperimentStatus, reason: str, *, arm: int | None = None
    ) -> bool:
        session.flush()
        here = (ExperimentStatus(experiment.standing),)
        return lifecycle.move(session, self.clock, experiment, to, actor=ACTOR, reason=reason, sources=here, arm=arm)


def said(experiment: Experiment) -> str:
    """What was measured, in a sentence."""
    result, baseline = experiment.result, experiment.baseline
    if result.get("value") is None or baseline.get("value") is None:
        return "Nothing was measured."
    return (
        f"{experiment.metric}: {100 * result['value']:.0f} % of {result['n']} with it, "
        f"{100 * baseline['value']:.0f} % of {baseline['n']} without."
    )


def _in_order(session: Session, experiment: Experiment) -> Iterator[SettledUnit]:
    """Units in the order in which they were assigned, up to the first of which nothing is known yet."""
    query = select(ExperimentUnit).where(
        ExperimentUnit.experiment_id == experiment.id, col(ExperimentUnit.id) > (experiment.watched_from or 0)
    )
    for unit in session.exec(query.order_by(col(ExperimentUnit.id))):
        if unit.state == PENDING:
            return
        if unit.outcome is not None:
            # A share counts as good as often as it says, by lot: so each unit is one outcome, whatever it consists of
            yield SettledUnit(unit.arm, drawn(-unit.experiment_id, unit.unit) < unit.outcome, unit.shares)


def _foremost(experiment: Experiment) -> int:
    """The candidate that most speaks for."""
    arms = experiment.arms
    return max(range(1, len(arms)), key=lambda at: (not arms[at]["stopped"], arms[at]["better"] - arms[at]["worse"]))


def _measure(experiment: Experiment, arm: int) -> None:
    result, baseline = (Share(each["good"], each["n"]) for each in (experiment.arms[arm], experiment.arms[0]))
    seen = difference(result, baseline)
    experiment.result, experiment.baseline = result.document(), baseline.document()
    experiment.improvement, experiment.low, experiment.high = seen.improvement, seen.low, seen.high
