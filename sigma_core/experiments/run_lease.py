"""The lease of a strategy run that is executed in place: renewed while its process lives, run out soon after."""

import logging
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, and_
from sqlmodel import col

from sigma_core.database import Database
from sigma_core.errors import Unavailable
from sigma_core.experiments.tables import StrategyRun
from sigma_core.state_machine import RunState, StateMachine

log = logging.getLogger(__name__)

LEASE = timedelta(seconds=60)
"""How long a process may be silent until its run counts as abandoned: several beats that wait for the database."""
BEAT_S = 10.0

MACHINE = StateMachine(StrategyRun, state="status", holder="run_id")
"""The states of strategy runs. The job's execution that holds one is a run itself, and its lease is that run's."""


def abandoned(now: datetime) -> ColumnElement[bool]:
    """The condition that a run in place is left by its process."""
    return and_(MACHINE.is_in(RunState.RUNNING), col(StrategyRun.run_id).is_(None), col(StrategyRun.lease_until) < now)


@contextmanager
def held(database: Database, run: StrategyRun, beat_s: float = BEAT_S) -> Iterator[None]:
    """Renew the run's lease meanwhile, however long it says nothing."""
    ended = threading.Event()
    beating = threading.Thread(target=_beat, args=(database, run, ended, beat_s), name="strategy run", daemon=True)
    beating.start()
    try:
        yield
    finally:
        ended.set()
        beating.join()


def _beat(database: Database, run: StrategyRun, ended: threading.Event, beat_s: float) -> None:
    while not ended.wait(beat_s):
        try:
            with database.transaction() as session:
                until = {"lease_until": database.now(session) + LEASE}
                if not MACHINE.change(session, MACHINE.fence(run), until):
                    return
        except Unavailable as error:
            log.warning("No heartbeat of strategy run %s: %s", run.id, error)
