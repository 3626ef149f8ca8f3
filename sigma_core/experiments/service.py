"""Experiments: a hypothesis is measured, and what measurably helps is promoted; every promotion can be rolled back."""

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import ColumnElement
from sqlalchemy.exc import IntegrityError
from sqlmodel import Session, col, func, select

from sigma_core.clock import Clock
from sigma_core.database import Database
from sigma_core.errors import Conflict, Forbidden, Invalid
from sigma_core.experiments import lifecycle
from sigma_core.experiments.prompt_trials import SCOPE, PromptTrials
from sigma_core.experiments.share_difference import Share, difference
from sigma_core.experiments.tables import Experiment, ExperimentStatus, ExperimentVerdict
from sigma_core.identity import existing_row

MOST_LISTED = 200
EVERYWHERE = "all"


@dataclass(frozen=True)
class Design:
    """What an experiment is about. `metric` is a share whose rise is for the better."""

    name: str
    worker: str
    hypothesis: str
    approach: str
    metric: str
    risk: str
    rollback_plan: str


class Experiments:
    """The record of experiments. A person's word on one stands until a person says otherwise."""

    def __init__(self, database: Database, clock: Clock, prompt_trials: PromptTrials | None = None) -> None:
        """`prompt_trials` let what is decided on a canary's experiment move the prompt's label."""
        self._database, self._clock, self._prompt_trials = database, clock, prompt_trials

    def measure(
        self, design: Design, project_id: int | None, result: Share, baseline: Share, *, session: Session
    ) -> tuple[Experiment, bool]:
        """Take in what was measured; the experiment, and whether its standing has changed.

        It is promoted when the interval leaves zero out above, rolled back when it does so below, unless a person has
        decided.
        """
        experiment = self._get_or_add(session, design, project_id)
        found = difference(result, baseline)
        experiment.result, experiment.baseline = result.document(), baseline.document()
        experiment.improvement, experiment.low, experiment.high = found.improvement, found.low, found.high
        experiment.verdict = found.verdict
        wanted = {
            ExperimentVerdict.HELPS: ExperimentStatus.PROMOTED,
            ExperimentVerdict.HARMS: ExperimentStatus.ROLLED_BACK,
        }.get(found.verdict)
        changes = (
            wanted is not None and wanted != experiment.standing and experiment.decided_by in (None, design.worker)
        )
        if wanted is not None and changes:
            self._decide(session, experiment, wanted, design.worker, f"{_interval(experiment)} leaves zero out.")
        return experiment, changes

    def list(
        self,
        *,
        project_id: int | None = None,
        standings: Sequence[ExperimentStatus] | None = None,
        limit: int = 50,
        offset: int = 0,
    ) -> Sequence[Experiment]:
        """Newest first, at most 200; `standings`: only those that are in one of them."""
        query = select(Experiment).where(*_chosen(project_id, standings)).order_by(col(Experiment.id).desc())
        with self._database.reading() as session:
            return session.exec(query.limit(max(1, min(limit, MOST_LISTED))).offset(offset)).all()

    def count(self, *, project_id: int | None = None, standings: Sequence[ExperimentStatus] | None = None) -> int:
        """How many there are."""
        with self._database.reading() as session:
            return session.exec(
                select(func.count()).select_from(Experiment).where(*_chosen(project_id, standings))
            ).one()

    def get(self, key: int | str) -> Experiment:
        """Raises `NotFound`, for a malformed id too."""
        with self._database.reading() as session:
            return _find_experiment(session, key)

    def standing(self, name: str, project_id: int | None, *, session: Session | None = None) -> ExperimentStatus | None:
        """What follows from an experiment by name; None if there is none."""
        query = select(Experiment.standing).where(Experiment.scope == _scope(project_id), Experiment.name == name)
        with self._database.reading(session) as own:
            found = own.exec(query).one_or_none()
        return ExperimentStatus(found) if found else None

    def promote(self, key: int | str, *, actor: str, reason: str | None = None) -> Experiment:
        """Use what was tried from now on. Raises `Forbidden` where it has not been shown to help."""
        with self._database.transaction() as session:
            experiment = _find_experiment(session, key)
            if experiment.verdict != ExperimentVerdict.HELPS:
                raise Forbidden(
                    f"Experiment {experiment.id} is {experiment.verdict} ({_interval(experiment)}): only what is shown "
                    "to help, its interval above zero, can be promoted."
                )
            self._decide(session, experiment, ExperimentStatus.PROMOTED, actor, reason)
            return experiment

    def roll_back(self, key: int | str, *, actor: str, reason: str) -> Experiment:
        """Do without what was tried, whatever was measured. Raises `Invalid` without a reason."""
        if not reason.strip():
            raise Invalid({"reason": "Say why it is rolled back."})
        with self._database.transaction() as session:
            experiment = _find_experiment(session, key)
            self._decide(session, experiment, ExperimentStatus.ROLLED_BACK, actor, reason.strip())
            return experiment

    def _get_or_add(self, session: Session, design: Design, project_id: int | None) -> Experiment:
        same = select(Experiment).where(Experiment.scope == _scope(project_id), Experiment.name == design.name)
        if (known := session.exec(same.with_for_update()).one_or_none()) is not None:
            known.changed_at = self._clock()
            return known
        new = Experiment(
            scope=_scope(project_id),
            project_id=project_id,
            created_at=self._clock(),
            changed_at=self._clock(),
            **vars(design),
        )
        try:
            with session.begin_nested():
                session.add(new)
        except IntegrityError:  # another process made it in the same moment
            return session.exec(same).one()
        return new

    def _decide(
        self, session: Session, experiment: Experiment, standing: ExperimentStatus, actor: str, reason: str | None
    ) -> None:
        if not lifecycle.move(session, self._clock, experiment, standing, actor=actor, reason=reason):
            raise Conflict(f"Experiment {experiment.id} was decided by somebody else meanwhile.")
        if self._prompt_trials is not None and experiment.scope.startswith(SCOPE):
            self._prompt_trials.apply(session, experiment, actor=actor, reason=reason or "no reason given")


def _chosen(project_id: int | None, standings: Sequence[ExperimentStatus] | None) -> list[ColumnElement[bool]]:
    """Those for all projects are each project's too."""
    chosen: list[ColumnElement[bool]] = []
    if project_id is not None:
        chosen.append(col(Experiment.project_id).is_(None) | (col(Experiment.project_id) == project_id))
    if standings is not None:
        chosen.append(col(Experiment.standing).in_(standings))
    return chosen


def _scope(project_id: int | None) -> str:
    return EVERYWHERE if project_id is None else f"project/{project_id}"


def _interval(experiment: Experiment) -> str:
    if experiment.improvement is None:
        return "not measured yet"
    change, low, high = (100 * (share or 0.0) for share in (experiment.improvement, experiment.low, experiment.high))
    return f"{experiment.metric} {change:+.1f} percentage points, 95 % from {low:+.1f} to {high:+.1f}"


def _find_experiment(session: Session, key: int | str) -> Experiment:
    return existing_row(session, Experiment, "experiment", key)
