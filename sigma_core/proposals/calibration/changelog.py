"""How votes count, and who changed that when and why: learning, a person, an experiment."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from math import isfinite
from typing import Any

from sqlmodel import Session, col, select

from sigma_core import audit
from sigma_core.clock import Clock
from sigma_core.database import Database
from sigma_core.errors import Conflict, Invalid
from sigma_core.identity import existing_row
from sigma_core.proposals.calibration.recalibration import IDENTITY
from sigma_core.proposals.calibration.state import Calibration
from sigma_core.proposals.calibration.tables import CommitteeCalibration
from sigma_core.proposals.committee import DEFAULT_WEIGHTS

LEARNING = "learning"


@dataclass(frozen=True)
class LearnedCalibration:
    """What outcomes speak for: `why` in a sentence, `scores` as they are shown, `n` outcomes."""

    calibration: Calibration
    n: int
    why: str
    scores: Mapping[str, Any] = field(default_factory=dict)


class CommitteeChangelog:
    """Rows of what was in force since when. The newest counts; each names the weights that it took the place of."""

    def __init__(self, database: Database, clock: Clock) -> None:
        self._database, self._clock = database, clock

    def current(self) -> Calibration:
        """The calibration in force now."""
        with self._database.reading() as session:
            return Calibration.of(self.newest(session))

    def newest(self, session: Session) -> CommitteeCalibration | None:
        """The row in force; None where nothing was ever changed."""
        return session.exec(select(CommitteeCalibration).order_by(col(CommitteeCalibration.id).desc()).limit(1)).first()

    def changes(self, limit: int = 100) -> Sequence[CommitteeCalibration]:
        """The newest first."""
        with self._database.reading() as session:
            query = select(CommitteeCalibration).order_by(col(CommitteeCalibration.id).desc()).limit(limit)
            return session.exec(query).all()

    def configured(self, session: Session) -> Mapping[str, float]:
        """Weights that learning starts from: what a person or an experiment set last, else those that ship."""
        newest = self.newest(session)
        return newest.configured if newest else DEFAULT_WEIGHTS

    def learn(self, session: Session, found: LearnedCalibration) -> CommitteeCalibration | None:
        """Put in force what outcomes speak for, in the caller's transaction; None while a person has it frozen."""
        newest = self.newest(session)
        if newest is not None and newest.frozen:
            return None
        row = self._next(newest, "learned", LEARNING, found.why)
        row.weights, row.shares = dict(found.calibration.weights), _plain(found.calibration.shares)
        row.recalibration, row.n, row.scores = found.calibration.recalibration.stored(), found.n, dict(found.scores)
        return _added(session, row)

    def set_weights(
        self, weights: Mapping[str, float], *, actor: str, why: str, session: Session | None = None
    ) -> CommitteeCalibration:
        """Put other weights in force, from which learning starts anew. Those not named stay as they are.

        Raises `Invalid`.
        """
        with self._database.transaction(session) as own:
            newest = self.newest(own)
            wanted = {**Calibration.of(newest).weights, **weights}
            if wrong := _wrong(weights) or ({} if sum(wanted.values()) else {"weights": "leave nobody a say"}):
                raise Invalid(wrong)
            total = sum(wanted.values())
            row = self._next(newest, "set", actor, _reason(why))
            row.weights = {name: round(weight / total, 6) for name, weight in wanted.items()}
            row.configured = row.weights
            return self._recorded(own, row)

    def undo(self, key: int | str | None = None, *, actor: str, why: str) -> CommitteeCalibration:
        """Take back a change, the newest where none is named, and what came after it; learning is frozen until it is
        released, or it would come to the same again. Raises `Conflict` where nothing was changed, `NotFound`."""
        with self._database.transaction() as session:
            newest = self.newest(session)
            if newest is None:
                raise Conflict("The committee's weights were never changed: there is nothing to undo.")
            undone = (
                newest if key is None else existing_row(session, CommitteeCalibration, "change of the committee", key)
            )
            query = select(CommitteeCalibration).where(col(CommitteeCalibration.id) < undone.id)
            before = session.exec(query.order_by(col(CommitteeCalibration.id).desc()).limit(1)).first()
            row = self._next(newest, "undone", actor, _reason(why))
            former = Calibration.of(before)
            row.weights, row.shares = dict(former.weights), _plain(former.shares)
            row.recalibration = former.recalibration.stored()
            row.configured = dict(before.configured if before else DEFAULT_WEIGHTS)
            row.frozen, row.undoes_id = True, undone.id
            return self._recorded(session, row)

    def freeze(self, *, actor: str, why: str) -> CommitteeCalibration:
        """Leave all as it is from now on, whatever outcomes say."""
        return self._frozen(actor, why, frozen=True)

    def release(self, *, actor: str, why: str) -> CommitteeCalibration:
        """Let learning go on."""
        return self._frozen(actor, why, frozen=False)

    def _frozen(self, actor: str, why: str, *, frozen: bool) -> CommitteeCalibration:
        with self._database.transaction() as session:
            newest = self.newest(session)
            if (newest is not None and newest.frozen) == frozen:
                raise Conflict(f"The committee's weights are {'frozen' if frozen else 'not frozen'} already.")
            row = self._next(newest, "frozen" if frozen else "released", actor, _reason(why))
            row.frozen = frozen
            return self._recorded(session, row)

    def _next(self, newest: CommitteeCalibration | None, kind: str, actor: str, why: str) -> CommitteeCalibration:
        """The same once more, to be altered before it is added."""
        now = Calibration.of(newest)
        return CommitteeCalibration(
            kind=kind,
            actor=actor,
            why=why,
            n=newest.n if newest else 0,
            configured=dict(newest.configured if newest else DEFAULT_WEIGHTS),
            weights=dict(now.weights),
            weights_before=dict(now.weights),
            shares=_plain(now.shares),
            recalibration=(now.recalibration if newest else IDENTITY).stored(),
            scores=dict(newest.scores) if newest else {},
            frozen=newest.frozen if newest else False,
            created_at=self._clock(),
        )

    def _recorded(self, session: Session, row: CommitteeCalibration) -> CommitteeCalibration:
        added = _added(session, row)
        what = f"committee_calibration/{added.id}"
        audit.record(session, self._clock, actor=row.actor, action=f"committee_{row.kind}", object=what, reason=row.why)
        return added


def _added(session: Session, row: CommitteeCalibration) -> CommitteeCalibration:
    session.add(row)
    session.flush()
    return row


def _plain(shares: Mapping[str, Mapping[str, float]]) -> dict[str, dict[str, float]]:
    return {member: dict(each) for member, each in shares.items()}


def _wrong(weights: Mapping[str, float]) -> dict[str, str]:
    known = ", ".join(DEFAULT_WEIGHTS)
    wrong = dict.fromkeys(weights.keys() - DEFAULT_WEIGHTS, f"is no member; there are {known}")
    return wrong | {
        name: "is a number from 0 to 1"
        for name, weight in weights.items()
        if not (isfinite(weight) and 0 <= weight <= 1)
    }


def _reason(why: str) -> str:
    if not why.strip():
        raise Invalid({"reason": "say why"})
    return why.strip()
