"""Orders: what is to be verified elsewhere, written by who waits for it, answered by who verifies."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from datetime import timedelta

from sqlalchemy import delete
from sqlmodel import Session, col, select
from sqlmodel.sql.expression import SelectOfScalar

from sigma_core import __version__
from sigma_core.canonical import digest_of
from sigma_core.database import Database
from sigma_core.proposals.evidence import Evidence
from sigma_core.proposals.handing_over.tables import VerificationOrder
from sigma_core.proposals.verification.patch import Change
from sigma_core.state_machine import PROGRESS_LENGTH
from sigma_core.text import storable


def digest(project_id: int, changes: Sequence[Change]) -> str:
    """What these changes are, to the letter, and by which release they are to be verified."""
    return digest_of([__version__, project_id, [asdict(each) for each in changes]])


class Orders:
    """The rows. An order is open until it has evidence or an error; the first answer stands."""

    def __init__(self, database: Database, joined_for_s: float) -> None:
        """`joined_for_s`: how old an order may be for a successor to go on with it."""
        self._database, self._joined_for_s = database, joined_for_s

    def ask(self, project_id: int, changes: Sequence[Change], asked_by: str) -> int:
        """An order for these changes: that of a predecessor who fell silent, or a new one."""
        wanted = digest(project_id, changes)
        with self._database.transaction() as session:
            self._database.lock(session, f"verification_order/{wanted}")
            now = self._database.now(session)
            old = now - timedelta(seconds=self._joined_for_s)
            session.execute(
                delete(VerificationOrder).where(
                    col(VerificationOrder.digest) == wanted, col(VerificationOrder.asked_at) < old
                )
            )
            same = select(VerificationOrder).where(VerificationOrder.digest == wanted)
            order = session.exec(same).one_or_none() or VerificationOrder(
                project_id=project_id,
                digest=wanted,
                proposals=[each.proposal_id for each in changes],
                asked_by=asked_by,
                asked_at=now,
            )
            order.asked_by = asked_by
            session.add(order)
            session.flush()
            return order.id or 0

    def look(self, order_id: int, asked_by: str) -> VerificationOrder | None:
        """How it stands; None once it is somebody else's."""
        with self._database.reading() as session:
            return session.exec(_held(order_id, asked_by)).one_or_none()

    def handed(self, order_id: int, asked_by: str, job: int) -> None:
        """It is in the engine's queue now, under this number."""
        with self._database.transaction() as session:
            if order := session.exec(_held(order_id, asked_by)).one_or_none():
                order.job, order.host, order.progress = job, None, None

    def drop(self, order_id: int, asked_by: str) -> bool:
        """Nobody waits for it any more; False where it is somebody else's by now."""
        with self._database.transaction() as session:
            order = session.exec(_held(order_id, asked_by)).one_or_none()
            if order is not None:
                session.delete(order)
            return order is not None

    def begin(self, order_id: int, host: str) -> VerificationOrder | None:
        """An open order, to be verified on this host; None where there is nothing to do any more."""
        with self._database.transaction() as session:
            if (order := _open(session, order_id)) is not None:
                order.host = host
            return order

    def say(self, order_id: int, text: str) -> None:
        """What is being done, for people."""
        with self._database.transaction() as session:
            if (order := _open(session, order_id)) is not None:
                order.progress = storable(text, PROGRESS_LENGTH)

    def finish(self, order_id: int, evidence: Mapping[int, Evidence]) -> None:
        """What was measured."""
        with self._database.transaction() as session:
            if (order := _open(session, order_id)) is not None:
                order.evidence = {str(key): each.model_dump(mode="json") for key, each in evidence.items()}
                order.answered_at = self._database.now(session)

    def fail(self, order_id: int, why: str) -> None:
        """It cannot be verified."""
        with self._database.transaction() as session:
            if (order := _open(session, order_id)) is not None:
                order.error, order.answered_at = storable(why, 2000), self._database.now(session)

    def forget(self, days: float) -> int:
        """Remove what nobody came back for within so many days; how many they were."""
        with self._database.transaction() as session:
            old = col(VerificationOrder.asked_at) < self._database.now(session) - timedelta(days=days)
            gone = session.exec(select(VerificationOrder).where(old)).all()
            for order in gone:
                session.delete(order)
            return len(gone)


def _held(order_id: int, asked_by: str) -> SelectOfScalar[VerificationOrder]:
    return select(VerificationOrder).where(VerificationOrder.id == order_id, VerificationOrder.asked_by == asked_by)


def _open(session: Session, order_id: int) -> VerificationOrder | None:
    """The first answer stands: of a host that was given up and wakes, the second is not taken."""
    waiting = select(VerificationOrder).where(
        VerificationOrder.id == order_id, col(VerificationOrder.answered_at).is_(None)
    )
    return session.exec(waiting.with_for_update()).one_or_none()
