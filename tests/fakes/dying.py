"""Processes that are killed at the moment at which they would commit."""

import os
import signal
from collections.abc import Mapping, Sequence
from datetime import timedelta
from itertools import count
from pathlib import Path

from sqlalchemy import event
from sqlmodel import Session

from sigma_core.clock import utc_now
from sigma_core.database import Database
from sigma_core.experiments.trial_terms import TrialCost
from sigma_core.experiments.trial_watch import TrialWatch
from sigma_core.experiments.tunable_catalog import ACCEPTED, installed
from sigma_core.projects.git import Clone
from sigma_core.projects.tables import Project
from sigma_core.proposals.outcomes.following import OutcomeFollowing


class KnownOutcomes:
    """How units went, by unit."""

    patience = timedelta(days=1)

    def __init__(self, known: Mapping[int, float]) -> None:
        self._known = known

    def settled(self, _session: Session, units: Sequence[int]) -> Mapping[int, float | None]:
        return {unit: self._known[unit] for unit in units}


def watch_of(database: Database, known: Mapping[int, float]) -> TrialWatch:
    return TrialWatch(database, utc_now, installed(), {ACCEPTED: KnownOutcomes(known)}, lambda *_: TrialCost())


def following_of(database: Database, folder: Path) -> OutcomeFollowing:
    return OutcomeFollowing(database, utc_now, lambda _: Clone(folder / "clone.git", folder / "gitconfig"))


def advance(url: str, known: Mapping[int, float], at: int) -> None:
    """Look at all experiments once; killed before the commit of that number."""
    watch_of(_dying(url, at), known).advance()


def follow(url: str, folder: Path, at: int) -> None:
    """Follow all changes of the first project; killed before the commit of that number."""
    database = _dying(url, at)
    with database.reading() as session:
        project = session.get_one(Project, 1)
    following_of(database, folder).follow(project)


def _dying(url: str, at: int) -> Database:
    database, commits = Database(url), count(1)

    def die(_connection: object) -> None:
        if next(commits) == at:
            os.kill(os.getpid(), signal.SIGKILL)

    event.listen(database.engine, "commit", die)
    return database
