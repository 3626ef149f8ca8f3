"""Changes that wait to be written to the graph: entered with what changed, leased, settled."""

from collections.abc import Iterable
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any, NamedTuple

from sqlalchemy import ColumnElement, Row, and_, bindparam, delete, exists, func, insert, or_, select, update
from sqlmodel import Session

from sigma_core.database import upsert
from sigma_core.graph.tables import PENDING, GraphChange, outbox
from sigma_core.prepared import Prepared, moment

MAX_ERROR = 2000
_ENTERED = ("origin", "origin_id", "subject", "state", "attempts", "created_at")
_ENTER = Prepared(insert(outbox).inline().values({name: bindparam(name) for name in _ENTERED}))


class ChangeState(StrEnum):
    """Where a change is in its life; a written one is gone."""

    PENDING = "pending"
    LEASED = "leased"
    """An updater is writing it."""
    SET_ASIDE = "set_aside"
    """The graph did not take it, however often it was tried; kept with its error, can be retried."""


class Changed(NamedTuple):
    """A row that the graph has to show anew. `subject`: what order is kept for, the row itself if None."""

    origin: str
    origin_id: int
    subject: str | None = None


def enqueue(session: Session, changes: Iterable[Changed], now: datetime) -> None:
    """Enter changes; they commit with the caller's transaction."""
    rows = [_row(change, now) for change in changes]
    if rows:
        # Where one waits already, it is written to all the same: until this transaction ends no updater takes it,
        # and so none reads the row as it was before
        session.execute(
            upsert(
                session,
                outbox,
                ("origin", "origin_id"),
                where=PENDING,
                values={"state": ChangeState.PENDING.value},
            ),
            rows,
        )


def enqueue_new(session: Session, changes: Iterable[Changed], now: datetime) -> None:
    """Enter rows that were just made, of which no change can wait."""
    created_at = moment(session, now)
    _ENTER.run_many(session, (_row(change, created_at) for change in changes))


def claim(session: Session, batch: int, token: str, now: datetime, until: datetime) -> list[Row[Any]]:
    """Lease what is to be written next, in its order: up to `batch` changes, or one alone that has failed before."""
    seen = session.execute(select(outbox).where(_claimable(now)).order_by(outbox.c.id).limit(batch)).all()
    free = session.execute(
        select(outbox)
        .where(outbox.c.id.in_([row.id for row in seen]), outbox.c.state == ChangeState.PENDING)
        .order_by(outbox.c.id)
        .with_for_update(skip_locked=True)
    ).all()
    # Somebody is changing such a row once more: what follows it in its subject must not pass it
    free_ids = {row.id for row in free}
    busy = {row.subject for row in seen if row.id not in free_ids}
    rows = [row for row in free if row.subject not in busy]
    if not rows:
        return []
    rows = rows[:1] if rows[0].attempts else [row for row in rows if row.attempts == 0]
    taken = outbox.c.id.in_([row.id for row in rows])
    session.execute(
        update(outbox)
        .where(taken)
        .values(state=ChangeState.LEASED, attempts=outbox.c.attempts + 1, due_at=until, token=token)
    )
    return rows


def prolong(session: Session, token: str, until: datetime) -> None:
    """Hold all that is leased under a token for longer."""
    session.execute(update(outbox).where(outbox.c.token == token).values(due_at=until))


def is_any_overdue(session: Session, now: datetime) -> bool:
    """Is a change held by an updater that is dead, or slower than its lease?"""
    return session.execute(select(outbox.c.id).where(_overdue(now)).limit(1)).first() is not None


def take_back(session: Session, now: datetime, attempts: int) -> None:
    """Return what is overdue; set aside what has been tried `attempts` times."""
    held = session.execute(select(outbox.c.id).where(_overdue(now)).with_for_update(skip_locked=True))
    give_back(session, held.scalars().all(), "Whoever wrote it ended, or took too long.", attempts=attempts)


def give_back(
    session: Session,
    ids: Iterable[int],
    error: str,
    *,
    attempts: int,
    token: str | None = None,
    due_at: datetime | None = None,
    free: bool = False,
) -> None:
    """These were not written: they wait again, or are set aside after `attempts`; `free`: it does not count as one."""
    mine: ColumnElement[bool] = outbox.c.id.in_(list(ids))
    if token is not None:
        mine = and_(mine, outbox.c.token == token)
    newer = outbox.alias().c
    replaced = exists().where(
        newer.origin == outbox.c.origin, newer.origin_id == outbox.c.origin_id, newer.state == ChangeState.PENDING
    )
    # The newer change of the same row writes all there is to write
    session.execute(delete(outbox).where(mine, replaced))
    kept = {"due_at": due_at, "token": None, "error": error[:MAX_ERROR]}
    if free:
        tried = {**kept, "attempts": outbox.c.attempts - 1}
        session.execute(update(outbox).where(mine).values(state=ChangeState.PENDING, **tried))
        return
    too_often = outbox.c.attempts >= attempts
    session.execute(update(outbox).where(mine, too_often).values(state=ChangeState.SET_ASIDE, **kept))
    session.execute(
        update(outbox).where(mine, outbox.c.state == ChangeState.LEASED).values(state=ChangeState.PENDING, **kept)
    )


def attempts(session: Session, change_id: int) -> int:
    """How often it has been tried; 1 where it is gone."""
    tried: int | None = session.execute(select(outbox.c.attempts).where(outbox.c.id == change_id)).scalar()
    return tried or 1


def done(session: Session, ids: Iterable[int], token: str) -> int:
    """The graph shows these; how many were still leased under this token."""
    gone = session.execute(delete(outbox).where(outbox.c.id.in_(list(ids)), outbox.c.token == token))
    return int(gone.rowcount)  # type: ignore[attr-defined]


def waiting(session: Session, now: datetime, limit: int) -> tuple[int, float]:
    """How many changes could be written now (counted up to `limit`), and how long the first has waited, seconds."""
    rows = session.execute(select(outbox.c.created_at).where(_claimable(now)).order_by(outbox.c.id).limit(limit)).all()
    return (len(rows), (now - rows[0].created_at).total_seconds()) if rows else (0, 0.0)


def unfinished(session: Session, newest: int) -> int:
    """How many changes up to this id are to be written or are being written."""
    waits = and_(outbox.c.id <= newest, outbox.c.state != ChangeState.SET_ASIDE)
    return int(session.execute(select(func.count()).where(waits)).scalar_one())


def retry(session: Session, change_id: int) -> bool:
    """Let a change that was set aside be tried anew; False if there is none of that id."""
    aside = and_(outbox.c.id == change_id, outbox.c.state == ChangeState.SET_ASIDE)
    row = session.execute(select(outbox).where(aside).with_for_update()).first()
    if row is None:
        return False
    session.execute(delete(outbox).where(aside))
    enqueue(session, [Changed(row.origin, row.origin_id, row.subject)], row.created_at)
    return True


def set_aside(session: Session, limit: int) -> list[GraphChange]:
    """Changes the graph did not take, newest first."""
    found = select(GraphChange).where(outbox.c.state == ChangeState.SET_ASIDE)
    return list(session.scalars(found.order_by(outbox.c.id.desc()).limit(limit)))


def counts(session: Session) -> dict[ChangeState, int]:
    """Changes by state; every state is there."""
    rows = session.execute(select(outbox.c.state, func.count()).group_by(outbox.c.state)).all()
    found = {ChangeState(state): count for state, count in rows}
    return {state: found.get(state, 0) for state in ChangeState}


def _row(change: Changed, created_at: object) -> dict[str, object]:
    return {
        "origin": change.origin,
        "origin_id": change.origin_id,
        "subject": change.subject or f"{change.origin}/{change.origin_id}",
        "state": ChangeState.PENDING.value,
        "attempts": 0,
        "created_at": created_at,
    }


def _overdue(now: datetime) -> ColumnElement[bool]:
    return and_(outbox.c.state == ChangeState.LEASED, outbox.c.due_at < now)


def _claimable(now: datetime) -> ColumnElement[bool]:
    """Pending, due, and no earlier change of its subject is being written or has failed."""
    earlier = outbox.alias().c
    blocked = exists().where(
        earlier.subject == outbox.c.subject,
        earlier.id < outbox.c.id,
        or_(
            earlier.state == ChangeState.LEASED,
            and_(earlier.state == ChangeState.PENDING, earlier.attempts > 0),
        ),
    )
    return and_(outbox.c.state == ChangeState.PENDING, or_(outbox.c.due_at.is_(None), outbox.c.due_at <= now), ~blocked)


def soon(now: datetime, attempts: int, first_s: float, most_s: float) -> datetime:
    """When to try again after so many attempts: the wait doubles each time."""
    return now + timedelta(seconds=min(most_s, first_s * 2 ** min(attempts, 20)))
