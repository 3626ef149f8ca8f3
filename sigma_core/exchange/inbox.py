"""Inboxes: receive under a lease, acknowledge, reject; and from stored rows back to messages."""

import secrets
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from functools import lru_cache
from typing import Any

from sqlalchemy import Connection, exists, literal, literal_column, or_, select, union_all, update
from sqlmodel import Session

from sigma_core.clock import Clock
from sigma_core.database import Database, unpacked
from sigma_core.errors import Conflict, Invalid, NotFound
from sigma_core.exchange.arguments import number, refuse, shown, whole
from sigma_core.exchange.leases import FINISH, LEASE, LEASED, NEXT_IN_LINE, hold, let_go, return_overdue
from sigma_core.exchange.message import DeliveryState, Message, Receipt, by_token
from sigma_core.exchange.payload import Payload
from sigma_core.exchange.registry import Registry
from sigma_core.exchange.statistics import count_exchange
from sigma_core.exchange.tables import delivery
from sigma_core.exchange.tables import hold as holds
from sigma_core.exchange.validation import read_stored
from sigma_core.jobs import WORKERS
from sigma_core.prepared import moment, read_moment
from sigma_core.text import storable

MAX_BATCH = 1000
MAX_ERROR = 2000
MAX_DELAY_S = 7 * 24 * 3600
SHARED = 2000
"""Payloads kept for the next recipient in this process."""
Line = tuple[Any, ...]
"""A delivery and its item as the driver gives them: the columns of `NEXT_IN_LINE`."""
_READY = delivery.c.state == literal_column(f"'{DeliveryState.READY}'")


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
        self._reader = Reader(registry)
        self._lease_s = lease_s
        self._attempts = attempts
        self._token = token

    def receive(self, worker: str, limit: int) -> list[Message]:
        """Lease up to `limit` messages, urgent ones first, then by age."""
        require_worker(worker)
        refuse({"limit": whole(limit, 1, MAX_BATCH)})
        with self._database.connection() as connection:
            now = self._database.now(connection)
            return_overdue(connection, worker, self._attempts, now)
            lines = NEXT_IN_LINE.rows(connection, {"worker": worker, "batch": limit})
            messages = self._leased(connection, worker, lines, now) if lines else []
            count_exchange(connection, worker, self._clock(), received=len(messages))
            return messages

    def acknowledge(self, worker: str, received: Iterable[Message | str], session: Session | None) -> int:
        """These are done with. Raises `Conflict` if one of them is no longer leased under its receipt."""
        require_worker(worker)
        leases = by_token(received)
        with self._database.connection(session) as connection:
            for token, ids in leases.items():
                self._finish(connection, worker, token, sorted(ids))
            count = sum(map(len, leases.values()))
            count_exchange(connection, worker, self._clock(), acknowledged=count)
            return count

    def reject(self, worker: str, receipt: Receipt, error: str, delay_s: float, session: Session | None) -> bool:
        """It failed: back after `delay_s` seconds, or dead if that was its last attempt (then False)."""
        require_worker(worker)
        refuse(
            {
                "delay_s": number(delay_s, 0, MAX_DELAY_S, "seconds"),
                "error": "" if isinstance(error, str) else "must be text",
            }
        )
        with self._database.connection(session) as connection:
            id_, token = receipt
            leased = LEASED.rows(connection, {"ids": [id_], "worker": worker, "token": token})
            if not leased:
                raise Conflict(_stale(worker, 1))
            let_go(connection, token, 1)
            again = bool(leased[0][0] < self._attempts)
            now = self._database.now(connection)
            if again:
                # Without delay too: the next receive puts it back, or withdraws what has lost a conflict meanwhile
                self._put_off(connection, worker, id_, error, until=now + timedelta(seconds=delay_s))
            else:
                _settle(connection, id_, DeliveryState.DEAD, error, done_at=now)
            return again

    def _leased(self, connection: Connection, worker: str, lines: Sequence[Line], now: datetime) -> list[Message]:
        """The messages; those that can't be read any more are dead, so that they never hold the rest."""
        token, at = self._token(), self._clock()
        messages, unread = [], {}
        for line in lines:
            try:
                messages.append(self._reader.message(line, token, at))
            except Invalid as error:
                unread[line[0]] = unreadable(error)
        if messages:
            ids = [message.delivery_id for message in messages]
            LEASE.run(connection, {"ids": ids, "token": token})
            hold(connection, worker, token, ids, now + timedelta(seconds=self._lease_s))
        for delivery_id, why in unread.items():
            _settle(connection, delivery_id, DeliveryState.DEAD, why, done_at=now)
        return messages

    def _finish(self, connection: Connection, worker: str, token: str, ids: list[int]) -> None:
        now = moment(connection, self._clock())
        done = FINISH.run(connection, {"ids": ids, "worker": worker, "token": token, "moment": now})
        if done < len(ids):
            raise Conflict(_stale(worker, len(ids) - done))
        let_go(connection, token, done)

    def _put_off(self, connection: Connection, worker: str, delivery_id: int, error: str, until: datetime) -> None:
        token = self._token()
        _settle(connection, delivery_id, DeliveryState.WAITING, error, receipt=token)
        hold(connection, worker, token, [delivery_id], until)


def require_worker(worker: str) -> None:
    """Raises `NotFound` for anybody without an inbox."""
    if worker not in WORKERS:
        raise NotFound("worker", shown(worker))


def _settle(
    connection: Connection,
    delivery_id: int,
    state: DeliveryState,
    error: str,
    *,
    receipt: str | None = None,
    done_at: datetime | None = None,
) -> None:
    """It leaves its lease for another state."""
    values = {"state": state, "error": storable(error, MAX_ERROR), "receipt": receipt, "done_at": done_at}
    connection.execute(update(delivery).where(delivery.c.id == delivery_id).values(values))


def _stale(worker: str, count: int) -> str:
    return f"{count} of these messages are no longer leased to {worker} under their receipts; receive them again."


def workers_with_messages(database: Database) -> tuple[str, ...]:
    """Workers to whom something is ready, or back from a lease or a delay by now."""
    with database.reading() as session:
        now = database.now(session)
        asked = union_all(
            *(
                select(literal(worker)).where(
                    or_(
                        exists().where(delivery.c.recipient == worker, _READY),
                        exists().where(holds.c.recipient == worker, holds.c.due_at <= now),
                    )
                )
                for worker in WORKERS
            )
        )
        return tuple(session.execute(asked).scalars())


class Reader:
    """Makes messages of lines. Recipients in one process share an item's payload: it is a value."""

    def __init__(self, registry: Registry) -> None:
        self._registry = registry
        self._shared = lru_cache(SHARED)(self._payload)
        self._moment = lru_cache(SHARED)(read_moment)

    def message(self, line: Line, token: str, now: datetime) -> Message:
        """The message of a delivery and its item. Raises `Invalid` if its type no longer knows such a payload."""
        (
            delivery_id,
            message_id,
            attempts,
            type_name,
            stored,
            source,
            urgency,
            evidence_count,
            project_id,
            created_at,
            refreshed_at,
        ) = line
        # what is stored as text is small: see `packed`
        payload = (self._shared if type(stored) is str else self._payload)(type_name, stored)
        return Message(
            message_id,
            delivery_id,
            token,
            type_name,
            payload,
            source,
            urgency,
            attempts + 1,
            evidence_count,
            project_id,
            self._moment(created_at),
            self._moment(refreshed_at),
            now,
        )

    def _payload(self, type_name: str, stored: Mapping[str, Any] | str | bytes) -> Payload:
        return read_stored(type_name, stored if isinstance(stored, Mapping) else unpacked(stored), self._registry)


def unreadable(error: Invalid) -> str:
    """Why a stored message cannot be delivered."""
    return f"its payload does not fit its type any more: {error}"
