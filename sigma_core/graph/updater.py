"""Writes waiting changes to the graph, batch by batch. Whatever the graph does, no worker waits for it."""

import logging
import secrets
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Row, func, select, update
from sqlmodel import Session

from sigma_core.database import Database, upsert
from sigma_core.errors import Unavailable
from sigma_core.graph import outbox
from sigma_core.graph.outbox import ChangeState
from sigma_core.graph.tables import GraphUpdates, updates
from sigma_core.graph.tables import outbox as outbox_table
from sigma_core.graph.writer import GraphItem, GraphWriter, ItemSource, Write
from sigma_core.text import storable

log = logging.getLogger(__name__)

AWAY_FIRST_S, AWAY_MOST_S = 1.0, 60.0
REFUSED_FIRST_S, REFUSED_MOST_S = 2.0, 600.0
SLOWEST = 100
"""Facts a second that even a busy machine writes: an item may hold all that a project's code ever said."""
MANY = 1000
"""Facts in a batch for which a lease is long enough as it is."""
TICK_S = 5.0
"""Longest time one tick goes on taking batches, seconds."""
ONE = 1
"""Id of the row of figures."""


@dataclass(frozen=True)
class Pace:
    """`batch` changes at once, or fewer that have waited `wait_s`; a lease of `lease_s`; `attempts` for each.

    Where many wait, up to `most` are written together: what a batch costs beside its rows is shared by all of them.
    """

    batch: int = 10
    most: int = 200
    wait_s: float = 5.0
    lease_s: float = 60.0
    attempts: int = 5


@dataclass(frozen=True)
class UpdaterFigures:
    """How writing to the graph goes."""

    pending: int
    leased: int
    set_aside: int
    lag_s: float | None
    """Age of the oldest change not written yet, seconds; None: all are."""
    written: int
    failures: int
    """Times in a row that the graph was away."""
    paused_until: datetime | None
    last_written_at: datetime | None
    last_error: str | None
    rewriting: int
    """Changes still to be written because the graph had lost what it was told."""


class Updater:
    """Takes changes from the outbox to a writer. Any number of processes may: each change has one at a time."""

    def __init__(
        self,
        database: Database,
        writer: GraphWriter,
        sources: Mapping[str, ItemSource],
        *,
        pace: Pace | None = None,
        token: Callable[[], str] = lambda: secrets.token_hex(8),
    ) -> None:
        self._database, self._writer, self._sources = database, writer, sources
        self._pace = pace or Pace()
        self._token = token

    def tick(self) -> int:
        """Write all that is due: whole batches, and what has waited long enough; how many changes were written."""
        written = 0
        ends = time.monotonic() + TICK_S
        while time.monotonic() < ends and self._is_due():
            wrote = self.write_batch()
            if not wrote:
                break
            written += wrote
        return written

    def write_batch(self) -> int:
        """Write one batch; how many changes the graph took. A failed one is tried again item by item."""
        token = self._token()
        with self._database.transaction() as session:
            rows = self._claim(session, token)
        if not rows:
            return 0
        # Not in the claim's transaction: nobody else could write while all of it is read. What changes meanwhile is a
        # change of its own
        with self._database.reading() as session:
            writes, gone, unread = self._read(session, rows)
        lease_s = self._lease_s(writes)
        if gone or lease_s > self._pace.lease_s:
            with self._database.transaction() as session:
                outbox.done(session, gone, token)
                outbox.prolong(session, token, self._database.now(session) + timedelta(seconds=lease_s))
        for sequence, error in unread.items():
            log.warning("Change %d cannot be read for the graph: %s", sequence, error)
            self._refused([sequence], token, error)
        if not writes:
            return len(gone)
        try:
            self._writer.write(writes, timeout_s=lease_s / 2)
        except Unavailable as error:
            self._away(writes, token, error)
        except Exception as error:  # noqa: BLE001 (a part that others bring)
            # Whatever it is, it concerns these items; the others must go on
            log.warning("The graph refused %d changes: %s", len(writes), error)
            self._refused([write.sequence for write in writes], token, error)
        else:
            return self._written(writes, token) + len(gone)
        return 0

    def _lease_s(self, writes: Sequence[Write]) -> float:
        """How long a batch is held: the longer the more facts there are to write."""
        more = max(0, sum(len(write.item.facts) for write in writes) - MANY)
        return self._pace.lease_s + 2 * more / SLOWEST

    def _is_due(self) -> bool:
        with self._database.reading() as session:
            now = self._database.now(session)
            count, age_s = outbox.waiting(session, now, self._pace.batch)
            overdue = outbox.is_any_overdue(session, now)
            state = session.get(GraphUpdates, ONE)
        if overdue:
            self._take_back()
        paused = state is not None and state.paused_until is not None and state.paused_until > now
        return not paused and (overdue or count >= self._pace.batch or age_s >= self._pace.wait_s)

    def _take_back(self) -> None:
        with self._database.transaction() as session:
            outbox.take_back(session, self._database.now(session), self._pace.attempts)

    def _claim(self, session: Session, token: str) -> Sequence[Row[Any]]:
        self._database.lock(session, "graph outbox")
        now = self._database.now(session)
        return outbox.claim(session, self._pace.most, token, now, now + timedelta(seconds=self._pace.lease_s))

    def _read(self, session: Session, rows: Sequence[Row[Any]]) -> tuple[list[Write], list[int], dict[int, Exception]]:
        """What to write, the changes whose rows are gone, and those that cannot be read, with why."""
        found = {
            origin: _items(source, session, [row.origin_id for row in rows if row.origin == origin])
            for origin, source in self._sources.items()
        }
        writes, gone, unread = [], [], {}
        for row in rows:
            items, errors = found[row.origin]
            if row.origin_id in errors:
                unread[row.id] = errors[row.origin_id]
            elif row.origin_id in items:
                writes.append(Write(row.id, items[row.origin_id]))
            else:
                gone.append(row.id)
        return writes, gone, unread

    def _written(self, writes: Sequence[Write], token: str) -> int:
        with self._database.transaction() as session:
            count = outbox.done(session, [write.sequence for write in writes], token)
            now = self._database.now(session)
            _note(session, written=updates.c.written + count, failures=0, paused_until=None, last_written_at=now)
            return count

    def _refused(self, ids: Sequence[int], token: str, error: Exception) -> None:
        with self._database.transaction() as session:
            due_at = None
            if len(ids) == 1:
                tried = outbox.attempts(session, ids[0])
                due_at = outbox.soon(self._database.now(session), tried - 1, REFUSED_FIRST_S, REFUSED_MOST_S)
            outbox.give_back(session, ids, _error_text(error), attempts=self._pace.attempts, token=token, due_at=due_at)
            _note(session, last_error=_error_text(error))

    def _away(self, writes: Sequence[Write], token: str, error: Unavailable) -> None:
        with self._database.transaction() as session:
            state = session.get(GraphUpdates, ONE)
            failures = state.failures if state else 0
            until = outbox.soon(self._database.now(session), failures, AWAY_FIRST_S, AWAY_MOST_S)
            ids = [write.sequence for write in writes]
            outbox.give_back(session, ids, _error_text(error), attempts=self._pace.attempts, token=token, free=True)
            _note(session, failures=failures + 1, paused_until=until, last_error=_error_text(error))
        log.warning("The graph is away (%s); next attempt at %s.", error, until.isoformat(timespec="seconds"))


def figures(database: Database) -> UpdaterFigures:
    """Read how writing goes; works without a graph."""
    with database.reading() as session:
        counts = outbox.counts(session)
        oldest = session.execute(
            select(func.min(outbox_table.c.created_at)).where(outbox_table.c.state != ChangeState.SET_ASIDE)
        ).scalar()
        state = session.get(GraphUpdates, ONE) or GraphUpdates(written=0, failures=0)
        lag_s = None if oldest is None else max(0.0, (database.now(session) - oldest).total_seconds())
        return UpdaterFigures(
            pending=counts[ChangeState.PENDING],
            leased=counts[ChangeState.LEASED],
            set_aside=counts[ChangeState.SET_ASIDE],
            lag_s=lag_s,
            written=state.written,
            failures=state.failures,
            paused_until=state.paused_until,
            last_written_at=state.last_written_at,
            last_error=state.last_error,
            rewriting=outbox.unfinished(session, state.rewriting_to) if state.rewriting_to else 0,
        )


def note_rewriting(session: Session) -> None:
    """All that waits now is written because the graph had lost it."""
    _note(session, rewriting_to=session.execute(select(func.max(outbox_table.c.id))).scalar())


def _items(
    source: ItemSource, session: Session, ids: Sequence[int]
) -> tuple[Mapping[int, GraphItem], dict[int, Exception]]:
    """Rows as the graph is to show them; where one of many cannot be read, each is read alone."""
    try:
        return source(session, ids), {}
    except Exception as error:  # noqa: BLE001 (types of knowledge that others bring say their own facts)
        if len(ids) == 1:
            return {}, {ids[0]: error}
    items, errors = dict[int, GraphItem](), dict[int, Exception]()
    for each in ids:
        found, wrong = _items(source, session, [each])
        items |= found
        errors |= wrong
    return items, errors


def _note(session: Session, **values: object) -> None:
    blank = {"id": ONE, "written": 0, "failures": 0}
    session.execute(upsert(session, updates, ("id",), values={"id": ONE}), blank)
    session.execute(update(updates).where(updates.c.id == ONE).values(**values))


def _error_text(error: Exception) -> str:
    return storable(f"{type(error).__name__}: {error}", outbox.MAX_ERROR)
