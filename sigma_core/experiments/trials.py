"""Experiments by lot: proposed, started, stopped. `trial_watch` decides them."""

from collections.abc import Sequence

from sqlmodel import Session, col, func, select

from sigma_core import audit
from sigma_core.clock import Clock
from sigma_core.database import Database
from sigma_core.errors import Conflict, Invalid
from sigma_core.experiments import lifecycle
from sigma_core.experiments.tables import Experiment, ExperimentStatus
from sigma_core.experiments.trial_terms import MOST_CANDIDATES, TrialPlan, arm_document
from sigma_core.experiments.tunable_values import EVERYWHERE, TunableLookup
from sigma_core.experiments.tunables import TunableRegistry
from sigma_core.identity import existing_row

MOST_RUNNING = 3
"""Experiments that run at once in one scope."""


class ExperimentTrials:
    """Writes them down, starts and stops them."""

    def __init__(self, database: Database, clock: Clock, registry: TunableRegistry, values: TunableLookup) -> None:
        self._database, self._clock, self.registry, self.values = database, clock, registry, values

    def propose(
        self, plan: TrialPlan, project_id: int | None = None, *, actor: str, session: Session | None = None
    ) -> Experiment:
        """Write down what is to be tried; nothing is done otherwise yet.

        Raises `NotFound` for what is no tunable, `Invalid` for settings outside its bounds or terms that do not fit.
        """
        tunable = self.registry.get(plan.tunable)
        baseline = self.values.in_force(tunable, project_id)
        settings = [tunable.checked(each) for each in plan.settings]
        plan.terms.check(tunable)
        if not 1 <= len(settings) <= MOST_CANDIDATES or len({baseline, *settings}) <= len(settings):
            raise Invalid({"settings": f"are 1 to {MOST_CANDIDATES}, each other than the rest and than {baseline} now"})
        arms = [arm_document(each) for each in (baseline, *settings)]
        now, said = self._clock(), " or ".join(str(each) for each in settings)
        new = Experiment(
            name="",
            scope=EVERYWHERE if project_id is None else f"project/{project_id}",
            project_id=project_id,
            worker=tunable.reader,
            hypothesis=plan.hypothesis[:2000],
            approach=f"Units draw by lot between {tunable.name} = {baseline} and {said}."[:2000],
            metric=plan.terms.outcome,
            risk=tunable.risk,
            rollback_plan=f"{tunable.name} is {baseline} again from the next {tunable.unit} on.",
            tunable=tunable.name,
            terms=plan.terms.document(),
            arms=arms,
            standing=ExperimentStatus.PROPOSED,
            created_at=now,
            changed_at=now,
        )
        with self._database.transaction(session) as own:
            same = select(func.count()).where(Experiment.scope == new.scope, Experiment.tunable == tunable.name)
            self._database.lock(own, f"tunable/{tunable.name}")
            new.name = f"{tunable.name} {said} #{own.exec(same).one() + 1}"[-200:]
            own.add(new)
            own.flush()
            audit.record(own, self._clock, actor=actor, action="propose", object=f"experiment/{new.id}")
        return new

    def start(self, key: int | str, *, actor: str, reason: str | None = None) -> Experiment:
        """Let units draw from now on. Raises `Conflict` where another experiment tries the same, or too many run."""
        with self._database.transaction() as session:
            experiment = _find_trial(session, key)
            self._database.lock(session, f"tunable/{experiment.tunable}", "experiments")
            self._make_room(session, experiment)
            if not lifecycle.move(
                session, self._clock, experiment, ExperimentStatus.RUNNING, actor=actor, reason=reason
            ):
                raise Conflict(f"Experiment {experiment.id} is {experiment.standing}; what is proposed can be started.")
            return experiment

    def stop(self, key: int | str, *, actor: str, reason: str) -> Experiment:
        """End an experiment undecided: everything stays as it was before. Raises `Conflict` where it has ended."""
        if not reason.strip():
            raise Invalid({"reason": "Say why it is stopped."})
        with self._database.transaction() as session:
            experiment = _find_trial(session, key)
            to = ExperimentStatus.STOPPED
            if not lifecycle.move(session, self._clock, experiment, to, actor=actor, reason=reason.strip()):
                raise Conflict(f"Experiment {experiment.id} is {experiment.standing} already.")
            return experiment

    def running(self, *, session: Session | None = None) -> Sequence[Experiment]:
        """Those that are tried now, promotions that are watched aside."""
        query = select(Experiment).where(Experiment.standing == ExperimentStatus.RUNNING, col(Experiment.allocating))
        with self._database.reading(session) as own:
            return own.exec(query).all()

    def _make_room(self, session: Session, experiment: Experiment) -> None:
        running = self.running(session=session)
        for each in running:
            if each.tunable == experiment.tunable and _overlap(each.scope, experiment.scope):
                raise Conflict(f"Experiment {each.id} tries {each.tunable} already; stop it first.")
        if len(running) >= MOST_RUNNING:
            raise Conflict(f"{len(running)} experiments run; more at once would only make all of them slower.")
        baseline = self.values.in_force(self.registry.get(experiment.tunable or ""), experiment.project_id)
        if baseline != experiment.arms[0]["setting"]:
            raise Conflict(f"{experiment.tunable} is {baseline} by now: propose the experiment anew.")
        query = select(Experiment).where(Experiment.tunable == experiment.tunable, col(Experiment.allocating))
        for watched in session.exec(query):
            # Its promotion stands; from now on it is the baseline
            if _overlap(watched.scope, experiment.scope):
                watched.allocating, watched.shares = False, []


def _overlap(one: str, other: str) -> bool:
    return one == other or EVERYWHERE in (one, other)


def _find_trial(session: Session, key: int | str) -> Experiment:
    experiment = existing_row(session, Experiment, "experiment", key, alone=True)
    if experiment.tunable is None:
        raise Conflict(f"Experiment {experiment.id} is observed, not drawn by lot: there is nothing to start or stop.")
    return experiment
