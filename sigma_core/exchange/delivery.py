"""Who gets an item, and one copy of it into each recipient's inbox."""

from collections import defaultdict
from collections.abc import Collection, Iterable, Sequence
from functools import lru_cache

from sqlalchemy import Integer, String, bindparam, insert, literal_column, select, update
from sqlmodel import Session

from sigma_core.database import UTCDateTime
from sigma_core.exchange.arguments import shown
from sigma_core.exchange.message import RANKS, DeliveryState
from sigma_core.exchange.payload import OUTSIDE, Payload
from sigma_core.exchange.tables import delivery
from sigma_core.jobs import WORKERS
from sigma_core.prepared import Prepared, each_of

MAX_NAMED = 5
"""Wrong targets that an error names."""
_SOURCES = (*WORKERS, *OUTSIDE)
_items = each_of("items", Integer()).table_valued("value")
_DELIVER = Prepared(
    insert(delivery)
    .inline()
    .from_select(
        ["knowledge_id", "recipient", "state", "rank", "attempts", "created_at"],
        select(
            _items.c.value,
            bindparam("recipient", type_=String),
            literal_column(f"'{DeliveryState.READY}'"),
            bindparam("rank", type_=Integer),
            literal_column("0"),
            bindparam("created_at", type_=UTCDateTime),
        ),
    )
)
"""recipient, rank, items, created_at: a copy of each item, in this order. A recipient's copies lie together."""
Copies = tuple[str, tuple[str, ...]]
"""An urgency, and the inboxes that a copy goes to."""
_UNDELIVERED = (DeliveryState.READY, DeliveryState.WAITING)


def recipients(payload: Payload, source: str, targets: Sequence[str] | None = None) -> tuple[str, ...]:
    """The inboxes it goes to: the named targets, else those the payload is for; never its source."""
    return _others(tuple(payload.audience() if targets is None else targets), source)


@lru_cache(1000)
def _others(chosen: tuple[str, ...], source: str) -> tuple[str, ...]:
    return tuple(worker for worker in WORKERS if worker in chosen and worker != source)


def misaddressed(source: object, targets: object) -> dict[str, str]:
    """What is wrong with the addresses, by field; empty when nothing is."""
    wrong = {}
    if source not in _SOURCES:
        wrong["source"] = f"{shown(source)} is neither a worker nor {' nor '.join(OUTSIDE)}"
    if targets is not None:
        wrong |= _bad_targets(targets)
    return wrong


def _bad_targets(targets: object) -> dict[str, str]:
    if not isinstance(targets, list | tuple) or not targets:
        return {"targets": "must be a list that names at least one worker"}
    if strangers := [target for target in targets if target not in WORKERS]:
        named = ", ".join(map(shown, strangers[:MAX_NAMED]))
        return {"targets": f"{named}: no such worker; there are {', '.join(WORKERS)}"}
    return {}


def deliver(session: Session, items: Iterable[tuple[int, Sequence[Copies]]], at: object) -> None:
    """Make the copies of these items (by id), in this order; `at` as the driver takes it."""
    inboxes: defaultdict[tuple[str, int], list[int]] = defaultdict(list)
    for id_, several in items:
        for urgency, names in several:
            rank = RANKS[urgency]
            for name in names:
                inboxes[name, rank].append(id_)
    _DELIVER.run_many(
        session,
        ({"recipient": name, "rank": rank, "items": ids, "created_at": at} for (name, rank), ids in inboxes.items()),
    )


def withdraw(session: Session, knowledge_ids: Collection[int]) -> None:
    """Take back the copies that nobody has received yet."""
    session.execute(
        update(delivery)
        .where(delivery.c.knowledge_id.in_(knowledge_ids), delivery.c.state.in_(_UNDELIVERED))
        .values(state=DeliveryState.WITHDRAWN, receipt=None)
    )


def restore(session: Session, knowledge_ids: Collection[int]) -> None:
    """Put withdrawn copies back."""
    session.execute(
        update(delivery)
        .where(delivery.c.knowledge_id.in_(knowledge_ids), delivery.c.state == DeliveryState.WITHDRAWN)
        .values(state=DeliveryState.READY)
    )
