"""What tunables are set to now, and the one door by which workers read them.

A cache, checked against a change counter at each use as that of prompts: a promotion is seen by the next run in every
process. Without an experiment a value costs no query.
"""

import threading
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, overload

from sqlmodel import Session, col, select

from sigma_core.clock import Clock
from sigma_core.counter import Counter, count_change
from sigma_core.database import Database
from sigma_core.errors import Invalid
from sigma_core.experiments.allocation import drawn_arm
from sigma_core.experiments.tables import Experiment, ExperimentUnit, TunableValue
from sigma_core.experiments.tunables import AnyTunable, Setting, Tunable
from sigma_core.prompts.lookup import drawn

COUNTER = "tunables"
EVERYWHERE = "all"
PENDING, SETTLED, EMPTY = "pending", "settled", "empty"
_MOST_REMEMBERED = 1000


@dataclass(frozen=True)
class RunningTrial:
    """An experiment whose arms are being drawn."""

    id: int
    settings: Sequence[Setting]


@dataclass(frozen=True)
class _State:
    set_to: Mapping[tuple[str, str], Setting]
    trials: Mapping[tuple[str, str], RunningTrial]


class TunableLookup:
    """Gives a run, or a proposal, the value that it is to work with, always the same one."""

    def __init__(self, database: Database, clock: Clock) -> None:
        self._database, self._clock = database, clock
        self._counter = Counter(database, COUNTER)
        self._lock = threading.Lock()
        self._seen = -1
        self._state = _State({}, {})
        self._arms: dict[tuple[int, int], int] = {}

    @overload
    def value(self, tunable: Tunable[int], project_id: int, unit: int) -> int: ...
    @overload
    def value(self, tunable: Tunable[float], project_id: int, unit: int) -> float: ...
    @overload
    def value(self, tunable: Tunable[str], project_id: int, unit: int) -> str: ...
    def value(self, tunable: AnyTunable, project_id: int, unit: int) -> Setting:
        """The value in force for a unit (`tunable.unit` says what that is) of a project.

        Call it outside of any transaction: where an experiment runs, the arm that the unit draws is recorded.
        What is stored outside of the bounds of this release counts as not set.
        """
        state, scopes = self._current(), (f"project/{project_id}", EVERYWHERE)
        trial = next((found for scope in scopes if (found := state.trials.get((tunable.name, scope)))), None)
        setting = trial.settings[self._arm(trial, unit)] if trial else self._set_to(state, tunable, scopes)
        try:
            return tunable.checked(setting)
        except Invalid:
            return tunable.default

    def in_force(self, tunable: AnyTunable, project_id: int | None) -> Setting:
        """What is set, experiments aside."""
        scopes = (EVERYWHERE,) if project_id is None else (f"project/{project_id}", EVERYWHERE)
        return self._set_to(self._current(), tunable, scopes)

    @staticmethod
    def _set_to(state: _State, tunable: AnyTunable, scopes: Sequence[str]) -> Setting:
        known = (state.set_to.get((tunable.name, scope)) for scope in scopes)
        return next((each for each in known if each is not None), tunable.default)

    def _current(self) -> _State:
        value = self._counter.value()
        with self._lock:
            if value != self._seen:
                # Read after the counter: a change in between is at worst read early, and then once more
                self._state, self._seen = self._read(), value
                self._arms.clear()
            return self._state

    def _read(self) -> _State:
        with self._database.reading() as session:
            values = session.exec(select(TunableValue)).all()
            trials = session.exec(select(Experiment).where(col(Experiment.allocating))).all()
        return _State(
            {(each.name, each.scope): each.setting["value"] for each in values},
            {
                (each.tunable or "", each.scope): RunningTrial(each.id or 0, [arm["setting"] for arm in each.arms])
                for each in trials
            },
        )

    def _arm(self, trial: RunningTrial, unit: int) -> int:
        key = (trial.id, unit)
        if (known := self._arms.get(key)) is not None:
            return known
        arm = self._recorded(trial, unit)
        with self._lock:
            if len(self._arms) >= _MOST_REMEMBERED:
                self._arms.clear()
            self._arms[key] = arm
        return arm

    def _recorded(self, trial: RunningTrial, unit: int) -> int:
        """The arm that the unit has drawn, or draws now; once drawn it stays, however shares move."""
        known = select(ExperimentUnit.arm).where(ExperimentUnit.experiment_id == trial.id, ExperimentUnit.unit == unit)
        with self._database.reading() as session:
            if (arm := session.exec(known).one_or_none()) is not None:
                return arm
        with self._database.transaction() as session:
            self._database.lock(session, f"experiment/{trial.id}")
            if (arm := session.exec(known).one_or_none()) is not None:
                return arm
            # Its shares may have moved since they were read, and it may have ended
            experiment = session.get_one(Experiment, trial.id)
            if not experiment.allocating:
                return experiment.promoted_arm or 0
            arm = drawn_arm(experiment.shares, drawn(trial.id, unit))
            session.add(
                ExperimentUnit(
                    experiment_id=trial.id,
                    unit=unit,
                    arm=arm,
                    shares=experiment.shares,
                    state=PENDING,
                    assigned_at=self._clock(),
                )
            )
            return arm


def put(session: Session, clock: Clock, name: str, scope: str, setting: Setting | None, experiment_id: int) -> None:
    """Set a tunable, or take back what it was set to (None), in the caller's transaction."""
    known = session.get(TunableValue, (name, scope), with_for_update=True)
    if setting is None:
        if known is not None:
            session.delete(known)
    else:
        row: dict[str, Any] = {"setting": {"value": setting}, "experiment_id": experiment_id, "set_at": clock()}
        session.add(known.sqlmodel_update(row) if known else TunableValue(name=name, scope=scope, **row))
    count(session)


def count(session: Session) -> None:
    """Let every process read anew what is set and what is tried."""
    session.flush()
    count_change(session, COUNTER)
