"""Who has messages to receive: one statement for all workers, whatever lies in their inboxes."""

from sqlalchemy import exists, literal, literal_column, or_, select, union_all

from sigma_core.database import Database
from sigma_core.exchange.message import DeliveryState
from sigma_core.exchange.tables import delivery, hold
from sigma_core.jobs import WORKERS

_READY = delivery.c.state == literal_column(f"'{DeliveryState.READY}'")


def waiting(database: Database) -> tuple[str, ...]:
    """Workers to whom something is ready, or back from a lease or a delay by now."""
    with database.reading() as session:
        now = database.now(session)
        asked = union_all(
            *(
                select(literal(worker)).where(
                    or_(
                        exists().where(delivery.c.recipient == worker, _READY),
                        exists().where(hold.c.recipient == worker, hold.c.due_at <= now),
                    )
                )
                for worker in WORKERS
            )
        )
        return tuple(session.execute(asked).scalars())
