"""Inboxes: receive under a lease, acknowledge, reject."""

import secrets
from collections.abc import Callable, Iterable
from datetime import datetime, timedelta

from sqlalchemy import update
from sqlmodel import Session

from sigma_core.clock import Clock
from sigma_core.database import Database
from sigma_core.errors import Conflict, Invalid, NotFound
from sigma_core.exchange.arguments import number, refuse, shown, whole
from sigma_core.exchange.leases import return_overdue
from sigma_core.exchange.message import DeliveryState, Message
from sigma_core.exchange.payload import WORKERS
from sigma_core.exchange.reading import Line, read_message, unreadable
from sigma_core.exchange.receipts import Receipt, by_token
from sigma_core.exchange.registry import Registry
from sigma_core.exchange.state import note_received
from sigma_core.exchange.statements import FINISH, LEASE, LEASED, NEXT_IN_LINE, PROCESSED
from sigma_core.exchange.tables import delivery
from sigma_core.prepared import moment

MAX_BATCH = 1000
MAX_ERROR = 2000
MAX_DELAY_S = 7 * 24 * 3600


def new_token() -> str:
    """A name for a lease that nobody can guess."""
    return secrets.token_hex(8)


class Inbox:
    """The deliveries of all workers. `lease_s` in seconds; `attempts`: deliveries before a message is dead."""

    def __init__(
        self,
        database: Database,
        clock: Clock,
        registry: Registry,
        *,
        lease_s: float,
        attempts: int,
        token: Callable[[], str] = new_token,
    ) -> None:
        self._database = database
        self._clock = clock
        self._registry = registry
        self._lease_s = lease_s
        self._attempts = attempts
        self._token = token

    def receive(self, worker: str, limit: int) -> list[Message]:
        """Lease up to `limit` messages, urgent ones first, then by age."""
        require_worker(worker)
        refuse({"limit": whole(limit, 1, MAX_BATCH)})
        with self._database.transaction() as session:
            now = self._database.now(session)
            return_overdue(session, worker, self._attempts, now)
            rows = [Line(*row) for row in NEXT_IN_LINE.rows(session, {"worker": worker, "batch": limit})]
            token = self._token()
            if rows:
                until = moment(session, now + timedelta(seconds=self._lease_s))
                LEASE.run(session, {"ids": [row.delivery_id for row in rows], "until": until, "token": token})
            messages = self._read(session, rows, token, now)
            note_received(session, worker, len(messages), self._clock())
            return messages

    def acknowledge(self, worker: str, receipts: Iterable[Receipt], session: Session | None) -> int:
        """These are done with. Raises `Conflict` if one of them is no longer leased under its receipt."""
        require_worker(worker)
        leases = by_token(set(receipts))
        with self._database.transaction(session) as own:
            for token, ids in leases.items():
                self._finish(own, worker, token, ids)
        return sum(map(len, leases.values()))

    def reject(self, worker: str, receipt: Receipt, error: str, delay_s: float, session: Session | None) -> bool:
        """It failed: back after `delay_s` seconds, or dead if that was its last attempt (then False)."""
        require_worker(worker)
        refuse(
            {
                "delay_s": number(delay_s, 0, MAX_DELAY_S, "seconds"),
                "error": "" if isinstance(error, str) else "must be text",
            }
        )
        with self._database.transaction(session) as own:
            lease = {"ids": [receipt.delivery_id], "worker": worker, "token": receipt.token}
            leased = LEASED.rows(own, lease)
            if not leased:
                raise Conflict(_stale(worker, 1))
            again = bool(leased[0][0] < self._attempts)
            now = self._database.now(own)
            # Without delay too it waits: the next receive puts it back, or withdraws what has lost a conflict meanwhile
            values: dict[str, object] = (
                {"state": DeliveryState.WAITING, "due_at": now + timedelta(seconds=delay_s)}
                if again
                else {"state": DeliveryState.DEAD, "due_at": None, "done_at": now}
            )
            own.execute(
                update(delivery)
                .where(delivery.c.id == receipt.delivery_id)
                .values(error=_kept(error), receipt=None, **values)
            )
            return again

    def _read(self, session: Session, rows: Iterable[Line], token: str, now: datetime) -> list[Message]:
        """The messages; those that can't be read any more are dead, so that they never hold the rest."""
        messages = []
        at = self._clock()
        for row in rows:
            try:
                messages.append(read_message(row, Receipt(row.delivery_id, token), self._registry, at))
            except Invalid as error:
                _bury(session, row.delivery_id, unreadable(error), now)
        return messages

    def _finish(self, session: Session, worker: str, token: str, ids: list[int]) -> None:
        now = moment(session, self._clock())
        done = FINISH.rows(session, {"ids": ids, "worker": worker, "token": token, "moment": now})
        if len(done) < len(ids):
            raise Conflict(_stale(worker, len(ids) - len(done)))
        PROCESSED.run(session, {"ids": [id_ for (id_,) in done], "moment": now})


def require_worker(worker: str) -> None:
    """Raises `NotFound` for anybody without an inbox."""
    if worker not in WORKERS:
        raise NotFound("worker", shown(worker))


def _bury(session: Session, delivery_id: int, error: str, now: datetime) -> None:
    session.execute(
        update(delivery)
        .where(delivery.c.id == delivery_id)
        .values(state=DeliveryState.DEAD, due_at=None, receipt=None, done_at=now, error=_kept(error))
    )


def _stale(worker: str, count: int) -> str:
    return f"{count} of these messages are no longer leased to {worker} under their receipts; receive them again."


def _kept(error: str) -> str:
    return error.encode(errors="replace").decode().replace("\0", "\N{REPLACEMENT CHARACTER}")[:MAX_ERROR]
