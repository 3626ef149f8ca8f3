"""The statements of the inboxes, built once: building them costs more than running them."""

from sqlalchemy import ColumnElement, Update, and_, bindparam, case, exists, func, select, update

from sigma_core.exchange.contest import CONTRADICTED
from sigma_core.exchange.message import DeliveryState
from sigma_core.exchange.tables import delivery, knowledge
from sigma_core.prepared import Prepared, one_of

_ids = one_of(delivery.c.id, "ids")
_of_worker = delivery.c.recipient == bindparam("worker")
_unfinished = exists().where(delivery.c.knowledge_id == knowledge.c.id, delivery.c.state != DeliveryState.DONE.value)
_lost = exists().where(knowledge.c.id == delivery.c.knowledge_id, knowledge.c.validation_status == CONTRADICTED)
_leased: ColumnElement[bool] = and_(
    _ids,
    _of_worker,
    delivery.c.receipt == bindparam("token"),
    delivery.c.state == DeliveryState.LEASED.value,
)

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
    .where(_of_worker, delivery.c.state == DeliveryState.READY.value)
    .order_by(delivery.c.rank, delivery.c.id)
    .limit(bindparam("batch"))
    .with_for_update(of=delivery, skip_locked=True)
)
"""worker, batch → what a receive hands out: urgent first, then by age."""

LEASE = Prepared(
    update(delivery)
    .where(_ids)
    .values(
        state=DeliveryState.LEASED.value,
        attempts=delivery.c.attempts + 1,
        due_at=bindparam("until"),
        receipt=bindparam("token"),
    )
)
"""ids, until, token"""

LEASED = Prepared(select(delivery.c.attempts).where(_leased).with_for_update())
"""ids, worker, token → attempts so far of what is still leased under this token."""

FINISH = Prepared(
    update(delivery)
    .where(_leased)
    .values(state=DeliveryState.DONE.value, due_at=None, receipt=None, done_at=bindparam("moment"))
    .returning(delivery.c.knowledge_id)
)
"""ids, worker, token, moment → the items whose delivery is done."""

PROCESSED = Prepared(
    update(knowledge)
    .where(
        one_of(knowledge.c.id, "ids"),
        knowledge.c.processed_at.is_(None),
        ~_unfinished,
    )
    .values(processed_at=bindparam("moment"))
)
"""ids, moment: note of items when their last delivery was done."""

ALL_PROCESSED: Update = (
    update(knowledge)
    .where(knowledge.c.archived_at.is_(None), knowledge.c.processed_at.is_(None), ~_unfinished)
    .values(processed_at=bindparam("moment"))
)
"""moment: the same for those that two last recipients finished at once, neither seeing the other."""

OVERDUE = Prepared(
    select(delivery.c.id).where(_of_worker, delivery.c.due_at <= bindparam("moment")).with_for_update(skip_locked=True)
)
"""worker, moment → deliveries whose lease or delay is over."""

GIVE_UP_SILENT = Prepared(
    update(delivery)
    .where(_ids, delivery.c.state == DeliveryState.LEASED.value, delivery.c.attempts >= bindparam("most"))
    .values(
        state=DeliveryState.DEAD.value,
        due_at=None,
        receipt=None,
        done_at=bindparam("moment"),
        error=func.coalesce(delivery.c.error, bindparam("reason")),
    )
)
"""ids, most, moment, reason: those received too often without an answer."""

PUT_BACK = Prepared(
    update(delivery)
    .where(_ids, delivery.c.due_at.is_not(None))
    .values(
        state=case((_lost, DeliveryState.WITHDRAWN.value), else_=DeliveryState.READY.value), due_at=None, receipt=None
    )
)
"""ids: back to their old place, unless their item has lost a conflict in the meantime."""
