"""Holds on deliveries: leased to their recipient or put off, until they are settled or the time is over.

The statements of the inboxes are built once, because building them costs more than running them.
"""

import json
from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import (
    ColumnElement,
    Connection,
    Update,
    and_,
    bindparam,
    case,
    delete,
    exists,
    func,
    insert,
    literal_column,
    select,
    update,
)

from sigma_core.exchange.message import DeliveryState, ValidationStatus
from sigma_core.exchange.tables import delivery, knowledge
from sigma_core.exchange.tables import hold as holds
from sigma_core.prepared import Prepared, moment, one_of

_ids = one_of(delivery.c.id, "ids")
_of_worker = delivery.c.recipient == bindparam("worker")
_unfinished = exists().where(delivery.c.knowledge_id == knowledge.c.id, delivery.c.state != DeliveryState.DONE.value)
_lost = exists().where(
    knowledge.c.id == delivery.c.knowledge_id, knowledge.c.validation_status == ValidationStatus.CONTRADICTED.value
)
_last_done = select(func.max(delivery.c.done_at)).where(delivery.c.knowledge_id == knowledge.c.id).scalar_subquery()
# Written into the text: the index of what is ready serves whatever values a plan was made for
_ready = delivery.c.state == literal_column(f"'{DeliveryState.READY}'")
_held: ColumnElement[bool] = and_(_ids, delivery.c.receipt == bindparam("token"))
_leased: ColumnElement[bool] = and_(_held, _of_worker, delivery.c.state == DeliveryState.LEASED.value)

NEXT_IN_LINE = Prepared(
    select(
        delivery.c.id.label("delivery_id"),
        delivery.c.knowledge_id,
        delivery.c.attempts,
        knowledge.c.type,
        knowledge.c.data,
        knowledge.c.source,
        knowledge.c.urgency,
        knowledge.c.evidence_count,
        knowledge.c.project_id,
        knowledge.c.created_at,
        knowledge.c.refreshed_at,
    )
    .join(knowledge, knowledge.c.id == delivery.c.knowledge_id)
    .where(_of_worker, _ready)
    .order_by(delivery.c.rank, delivery.c.id)
    .limit(bindparam("batch"))
    .with_for_update(of=delivery, skip_locked=True)
)
"""worker, batch → what a receive hands out: urgent first, then by age."""

LEASE = Prepared(
    update(delivery)
    .where(_ids)
    .values(state=DeliveryState.LEASED.value, attempts=delivery.c.attempts + 1, receipt=bindparam("token"))
)
"""ids, token"""

HOLD = Prepared(
    insert(holds)
    .inline()
    .values({name: bindparam(name) for name in ("token", "recipient", "due_at", "deliveries", "held")})
)
"""token, recipient, due_at, deliveries (JSON), held: they come back at that moment."""

LET_GO = Prepared(delete(holds).where(holds.c.token == bindparam("token"), holds.c.held == bindparam("count")))
"""token, count: the hold ends, if it held no more than these."""

LET_SOME_GO = Prepared(
    update(holds).where(holds.c.token == bindparam("token")).values(held=holds.c.held - bindparam("count"))
)
"""token, count: it holds so many less."""

LEASED = Prepared(select(delivery.c.attempts).where(_leased).with_for_update())
"""ids, worker, token → attempts so far of what is still leased under this token."""

FINISH = Prepared(
    update(delivery).where(_leased).values(state=DeliveryState.DONE.value, receipt=None, done_at=bindparam("moment"))
)
"""ids, worker, token, moment: their deliveries are done."""

ALL_PROCESSED: Update = (
    update(knowledge)
    .where(knowledge.c.processed_at.is_(None), ~_unfinished)
    .values(processed_at=func.coalesce(_last_done, knowledge.c.created_at))
)
"""Note of each item when its last delivery was done."""

HOLD_OVER = Prepared(delete(holds).where(holds.c.token == bindparam("token")))
"""token"""

OVERDUE = Prepared(
    select(holds.c.token, holds.c.deliveries)
    .where(holds.c.recipient == bindparam("worker"), holds.c.due_at <= bindparam("moment"))
    .with_for_update(skip_locked=True)
)
"""worker, moment → the holds that are over."""

GIVE_UP_SILENT = Prepared(
    update(delivery)
    .where(_held, delivery.c.state == DeliveryState.LEASED.value, delivery.c.attempts >= bindparam("most"))
    .values(
        state=DeliveryState.DEAD.value,
        receipt=None,
        done_at=bindparam("moment"),
        error=func.coalesce(delivery.c.error, bindparam("reason")),
    )
)
"""ids, token, most, moment, reason: those received too often without an answer."""

PUT_BACK = Prepared(
    update(delivery)
    .where(_held)
    .values(state=case((_lost, DeliveryState.WITHDRAWN.value), else_=DeliveryState.READY.value), receipt=None)
)
"""ids, token: back to their old place, unless their item has lost a conflict in the meantime."""


def hold(connection: Connection, worker: str, token: str, ids: Sequence[int], until: datetime) -> None:
    """Let these come back at `until`, unless they are let go before."""
    due_at = moment(connection, until)
    deliveries = json.dumps(ids)
    HOLD.run(
        connection,
        {"token": token, "recipient": worker, "due_at": due_at, "deliveries": deliveries, "held": len(ids)},
    )


def let_go(connection: Connection, token: str, count: int) -> None:
    """So many of them are settled."""
    if not LET_GO.run(connection, {"token": token, "count": count}):
        LET_SOME_GO.run(connection, {"token": token, "count": count})


def return_overdue(connection: Connection, worker: str, attempts: int, now: datetime) -> None:
    """Put the worker's overdue deliveries back into its inbox, at their old place.

    Those received `attempts` times without an answer are dead: their recipient died of them, or never finished.
    """
    at = moment(connection, now)
    for token, deliveries in OVERDUE.rows(connection, {"worker": worker, "moment": at}):
        ids = json.loads(deliveries) if isinstance(deliveries, str) else deliveries
        reason = f"received {attempts} times and never acknowledged"
        held = {"ids": ids, "token": token}
        GIVE_UP_SILENT.run(connection, {**held, "most": attempts, "moment": at, "reason": reason})
        PUT_BACK.run(connection, held)
        HOLD_OVER.run(connection, {"token": token})
