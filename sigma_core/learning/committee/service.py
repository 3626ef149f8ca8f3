"""Keeps the committee's record: notices drifts, forgets what they make out of date, and learns how votes count."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import structlog
from sqlmodel import Session, col, or_, select

from sigma_core.canonical import digest_of
from sigma_core.clock import Clock
from sigma_core.database import Database
from sigma_core.learning.committee.judged import JudgedChange, judged_changes
from sigma_core.learning.committee.record import calibrated
from sigma_core.learning.drift.tables import DriftEvent
from sigma_core.learning.drift.watching import new_drifts, remembered, watched
from sigma_core.proposals.calibration.changelog import CommitteeChangelog, LearnedCalibration
from sigma_core.proposals.calibration.state import Calibration
from sigma_core.proposals.calibration.tables import CommitteeCalibration
from sigma_core.proposals.outcomes.ledger import OutcomeLedger

LOOKED_BACK = 2000
"""Newest changes with a known outcome that count for votes."""
WATCHED = 20_000
"""Newest changes that are watched for drift, of each project `WATCHED_OF_EACH` at most: of hundreds of projects the
newest of all together would leave each too few."""
WATCHED_OF_EACH = 1000
Forget = Callable[[Session, Sequence[JudgedChange]], None]
_log = structlog.get_logger()


@dataclass(frozen=True)
class RecordUpdate:
    """What outcomes changed: drifts noticed, and how votes count from now on; None where as before."""

    drifts: Sequence[DriftEvent] = ()
    change: CommitteeCalibration | None = None


@dataclass(frozen=True)
class _Known:
    """What an update rests on, as of one moment."""

    changes: Sequence[JudgedChange]
    events: Sequence[DriftEvent]
    newest: CommitteeCalibration | None
    digest: str


class CommitteeRecord:
    """The record of all projects together: there is one committee. The same outcomes give the same to the bit."""

    def __init__(
        self,
        database: Database,
        clock: Clock,
        ledger: OutcomeLedger,
        changelog: CommitteeChangelog,
        forget: Forget = lambda *_: None,
    ) -> None:
        """`forget` leaves ended changes out of what is expected of a rule's fixes."""
        self._forget = forget
        self._database, self._clock, self._ledger, self._changelog = database, clock, ledger, changelog
        self._looked_at = ""

    def update(self) -> RecordUpdate:
        """Take in all outcomes. Call it outside of any transaction: it computes while no lock is held."""
        known = self._known()
        if known.digest == self._looked_at:
            return RecordUpdate()
        events = self._noticed(known)
        now = Calibration.of(known.newest)
        configured = known.newest.configured if known.newest else Calibration().weights
        counting = remembered(known.changes, [*known.events, *events])[-LOOKED_BACK:]
        found = calibrated(counting, configured, now)
        update = self._store(known, events, found) if events or found else RecordUpdate()
        self._looked_at = known.digest
        return update

    def drifts(self, project_id: int | None = None, limit: int = 100) -> Sequence[DriftEvent]:
        """The newest first, of all or of one project with those of the whole committee."""
        query = select(DriftEvent).order_by(col(DriftEvent.id).desc()).limit(limit)
        if project_id is not None:
            query = query.where(or_(col(DriftEvent.project_id) == project_id, col(DriftEvent.project_id).is_(None)))
        with self._database.reading() as session:
            return session.exec(query).all()

    def _known(self) -> _Known:
        with self._database.reading() as session:
            ended = self._ledger.ended(newest=WATCHED, of_each=WATCHED_OF_EACH, session=session)
            changes = judged_changes(session, ended)
            events, newest = session.exec(select(DriftEvent)).all(), self._changelog.newest(session)
        figures = [(each.line, each.happened, each.at, dict(each.scores)) for each in changes]
        return _Known(changes, events, newest, digest_of([figures, newest.id if newest else 0]))

    def _noticed(self, known: _Known) -> list[DriftEvent]:
        weights = Calibration.of(known.newest).weights
        return [
            DriftEvent(
                project_id=series.project_id,
                subject=series.subject,
                name=series.name[:120],
                before=drift.before,
                before_n=drift.before_n,
                after=drift.after,
                after_n=drift.after_n,
                forgets_before=moment,
                created_at=self._clock(),
            )
            for series in watched(remembered(known.changes, known.events), weights)
            for drift, moment in new_drifts(series)
        ]

    def _store(self, known: _Known, events: Sequence[DriftEvent], found: LearnedCalibration | None) -> RecordUpdate:
        with self._database.transaction() as session:
            if self._is_overtaken(session, known):
                return RecordUpdate()
            session.add_all(events)
            session.flush()
            before = remembered(known.changes, known.events)
            kept = {each.line for each in remembered(known.changes, [*known.events, *events])}
            self._forget(session, [each for each in before if each.line not in kept])
            change = self._changelog.learn(session, found) if found else None
        for each in events:
            _log.warning(
                "drift",
                subject=each.subject,
                name=each.name,
                project_id=each.project_id,
                before=each.before,
                after=each.after,
                forgets_before=each.forgets_before.isoformat(),
            )
        if change is not None:
            _log.info("committee_calibrated", change_id=change.id, outcomes=change.n, why=change.why)
        return RecordUpdate(events, change)

    def _is_overtaken(self, session: Session, known: _Known) -> bool:
        """Whether another process took in outcomes, or a person stepped in, while this one computed."""
        newest = self._changelog.newest(session)
        events = session.exec(select(DriftEvent.id)).all()
        return (newest.id if newest else 0, len(events)) != (
            known.newest.id if known.newest else 0,
            len(known.events),
        )
