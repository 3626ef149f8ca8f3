"""From which state an experiment may go to which, and what follows: a promotion sets a tunable, a roll-back undoes it.

A change is one conditional update in a transaction with the value it sets and the audit entry: of two schedulers that
want the same, one does it and the other finds it done; a process that is killed has done all of it or nothing.
"""

from collections.abc import Mapping

from sqlalchemy import and_
from sqlmodel import Session, col, select

from sigma_core import audit
from sigma_core.clock import Clock
from sigma_core.experiments import tunable_values
from sigma_core.experiments.allocation import shares, watched_shares
from sigma_core.experiments.tables import Experiment, ExperimentStatus, ExperimentUnit, TunableValue
from sigma_core.experiments.trial_terms import arm_document
from sigma_core.experiments.tunables import Setting
from sigma_core.prompts.sequential import Arm
from sigma_core.state_machine import StateMachine

MACHINE = StateMachine(Experiment, state="standing", holder="decided_by")

_DECIDED = (ExperimentStatus.PROMOTED, ExperimentStatus.ROLLED_BACK)
_ENDED = (*_DECIDED, ExperimentStatus.NO_DIFFERENCE, ExperimentStatus.STOPPED)
SOURCES: Mapping[ExperimentStatus, tuple[ExperimentStatus, ...]] = {
    ExperimentStatus.PROPOSED: (),
    ExperimentStatus.RUNNING: (ExperimentStatus.PROPOSED,),
    ExperimentStatus.PROMOTED: (ExperimentStatus.RUNNING, *_ENDED),
    ExperimentStatus.ROLLED_BACK: (ExperimentStatus.PROPOSED, ExperimentStatus.RUNNING, *_ENDED),
    ExperimentStatus.NO_DIFFERENCE: (ExperimentStatus.RUNNING,),
    ExperimentStatus.STOPPED: (ExperimentStatus.PROPOSED, ExperimentStatus.RUNNING),
}
"""From which states each is reached. What was decided may be decided again: then it is that person's word."""


def move(
    session: Session,
    clock: Clock,
    experiment: Experiment,
    to: ExperimentStatus,
    *,
    actor: str,
    reason: str | None,
    sources: tuple[ExperimentStatus, ...] | None = None,
    arm: int | None = None,
) -> bool:
    """Bring an experiment to a state, with all that follows; False where it is in none that leads there any more.

    `arm`: which one is promoted; where there is only one candidate, that.
    """
    before = ExperimentStatus(experiment.standing)
    values: dict[str, object] = {
        "standing": to,
        "decided_by": None if to == ExperimentStatus.RUNNING else actor,
        "reason": reason and reason[:2000],
        "changed_at": clock(),
    }
    if experiment.tunable is not None:
        values |= _allocation(session, clock, experiment, to, arm)
    where = and_(col(Experiment.id) == experiment.id, MACHINE.is_in(*(sources or SOURCES[to])))
    if not MACHINE.change(session, where, values):
        return False
    if experiment.tunable is not None:
        _set_value(session, clock, experiment, before)
    audit.record(
        session, clock, actor=actor, action=to.value, object=f"experiment/{experiment.id}", reason=experiment.reason
    )
    return True


def end_watch(session: Session, experiment: Experiment) -> None:
    """Draw no more: what was promoted is what everybody gets."""
    experiment.allocating, experiment.shares = False, []
    tunable_values.count(session)


def _allocation(
    session: Session, clock: Clock, experiment: Experiment, to: ExperimentStatus, arm: int | None
) -> dict[str, object]:
    if to == ExperimentStatus.RUNNING:
        even = shares([Arm()] * len(experiment.arms), experiment.risk)
        return {"allocating": True, "shares": even, "started_at": clock()}
    if to == ExperimentStatus.PROMOTED:
        if experiment.standing == to:
            return {}
        chosen = arm if arm is not None else (experiment.promoted_arm or 1)
        newest = select(ExperimentUnit.id).where(ExperimentUnit.experiment_id == experiment.id)
        return {
            "allocating": True,
            "shares": watched_shares(len(experiment.arms), chosen),
            "promoted_arm": chosen,
            "terms": {**experiment.terms, "shown": experiment.arms},
            # From now on they count what comes after the promotion
            "arms": [{**arm_document(each["setting"]), "stopped": each["stopped"]} for each in experiment.arms],
            "watched_from": session.exec(newest.order_by(col(ExperimentUnit.id).desc()).limit(1)).first() or 0,
            "ended_at": clock(),
        }
    return {"allocating": False, "shares": [], "ended_at": clock()}


def _set_value(session: Session, clock: Clock, experiment: Experiment, before: ExperimentStatus) -> None:
    name, scope, key = experiment.tunable or "", experiment.scope, experiment.id or 0
    if experiment.standing == ExperimentStatus.PROMOTED:
        setting = experiment.arms[experiment.promoted_arm or 1]["setting"]
        if before != ExperimentStatus.PROMOTED:
            known = session.get(TunableValue, (name, scope))
            replaced = {"value": known.setting["value"], "experiment_id": known.experiment_id} if known else None
            experiment.terms = {**experiment.terms, "replaced": replaced}
        tunable_values.put(session, clock, name, scope, setting, key)
        return
    known = session.get(TunableValue, (name, scope))
    if known is not None and known.experiment_id == key:
        tunable_values.put(session, clock, name, scope, *_earlier(session, experiment))
        return
    tunable_values.count(session)


def _earlier(session: Session, experiment: Experiment) -> tuple[Setting | None, int]:
    """What the promotion replaced, where that still stands, and the experiment it came from."""
    replaced = experiment.terms.get("replaced")
    if replaced is not None:
        source = session.get(Experiment, replaced["experiment_id"])
        if source is not None and source.standing == ExperimentStatus.PROMOTED:
            return replaced["value"], replaced["experiment_id"]
    return None, experiment.id or 0
