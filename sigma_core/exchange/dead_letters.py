"""Dead letters: deliveries given up, kept with their error until somebody replays them."""

from sqlalchemy import bindparam, select, update
from sqlmodel import Session

from sigma_core import audit
from sigma_core.clock import Clock
from sigma_core.database import Database
from sigma_core.errors import Conflict, NotFound
from sigma_core.exchange.arguments import MAX_ACTOR, MAX_LISTED, identity, refuse, text, whole
from sigma_core.exchange.message import DeadLetter, DeliveryState, ValidationStatus
from sigma_core.exchange.tables import delivery, knowledge
from sigma_core.identity import row_id
from sigma_core.jobs import WORKERS

_LOST = (
    select(knowledge.c.id)
    .join(delivery, delivery.c.knowledge_id == knowledge.c.id)
    .where(delivery.c.id == bindparam("delivery"), knowledge.c.validation_status == ValidationStatus.CONTRADICTED)
)


class DeadLetters:
    """Reads and revives them."""

    def __init__(self, database: Database, clock: Clock) -> None:
        self._database = database
        self._clock = clock

    def list(
        self, worker: str | None = None, limit: int = 100, offset: int = 0, project_id: int | None = None
    ) -> list[DeadLetter]:
        """Newest first."""
        refuse({"limit": whole(limit, 1, MAX_LISTED)})
        recipients = WORKERS if worker is None else (worker,)
        query = (
            select(delivery, knowledge.c.type)
            .join(knowledge, knowledge.c.id == delivery.c.knowledge_id)
            .where(delivery.c.recipient.in_(recipients), delivery.c.state == DeliveryState.DEAD)
            .order_by(delivery.c.done_at.desc(), delivery.c.id.desc())
            .limit(limit)
            .offset(offset)
        )
        if project_id is not None:
            query = query.where(knowledge.c.project_id == project_id)
        with self._database.reading() as session:
            return [
                DeadLetter(row.id, row.knowledge_id, row.recipient, row.type, row.attempts, row.error, row.done_at)
                for row in session.execute(query)
            ]

    def replay(self, delivery_id: int, *, actor: str, session: Session | None = None) -> None:
        """Back into its inbox, at its old place, with all its attempts. Raises `NotFound`, `Conflict`."""
        refuse({"delivery_id": identity(delivery_id), "actor": text(actor, MAX_ACTOR)})
        row_id("delivery", delivery_id)
        with self._database.transaction(session) as own:
            state = own.execute(select(delivery.c.state).where(delivery.c.id == delivery_id).with_for_update()).scalar()
            if state is None:
                raise NotFound("delivery", delivery_id)
            if state != DeliveryState.DEAD:
                message = f"Delivery {delivery_id} is not dead but {state}."
                raise Conflict(message)
            if lost := own.execute(_LOST, {"delivery": delivery_id}).scalar():
                message = f"Message {lost} has lost a conflict: let it stand first, then replay."
                raise Conflict(message)
            own.execute(
                update(delivery)
                .where(delivery.c.id == delivery_id)
                .values(state=DeliveryState.READY, attempts=0, done_at=None)
            )
            audit.record(own, self._clock, actor=actor, action="replay", object=f"delivery/{delivery_id}")
