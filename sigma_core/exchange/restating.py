"""Publications that say in other words what is known already: they become repetitions of it."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import select
from sqlmodel import Session

from sigma_core.exchange.checking import Checked
from sigma_core.exchange.duplicates import Known, living
from sigma_core.exchange.near import is_near
from sigma_core.exchange.payload import Payload
from sigma_core.exchange.tables import knowledge
from sigma_core.prepared import Prepared, one_of

CANDIDATES = 8
"""Items of one near key that are looked at, newest first: what a publication costs does not grow with the store."""
_ANY = Prepared(
    select(knowledge.c.id).where(one_of(knowledge.c.near, "keys"), knowledge.c.digest.is_not(None)).limit(1)
)
Words = tuple[str, Mapping[str, Any]]
"""A digest, and the data that says it."""


def restated(session: Session, items: Sequence[Checked], known: dict[str, Known], now: datetime) -> Sequence[Checked]:
    """The items; one near to a known item, or to an earlier one of these, says the same as that. `known` gets it."""
    kinds = {item.near: type(item.payload) for item in items if item.near is not None and item.digest not in known}
    if not kinds:
        return items
    said = defaultdict(list, _stored(session, kinds, known, now))
    return [item if item.near not in kinds or item.digest in known else _told(item, said[item.near]) for item in items]


def _stored(
    session: Session, kinds: Mapping[str, type[Payload]], known: dict[str, Known], now: datetime
) -> dict[str, list[Words]]:
    """By near key, what living items say; `known` gets them."""
    if not _ANY.rows(session, {"keys": list(kinds)}):
        return {}
    found = {}
    for key, kind in kinds.items():
        rows = session.execute(
            select(knowledge)
            .where(knowledge.c.near == key, knowledge.c.digest.is_not(None))
            .order_by(knowledge.c.id.desc())
            .limit(CANDIDATES)
            .with_for_update(key_share=True)
        ).all()
        alive = living(session, rows, {row.digest: kind for row in rows}, now)
        found[key] = [(row.digest, row.data) for row in rows if row.digest in alive]
        known |= alive
    return found


def _told(item: Checked, said: list[Words]) -> Checked:
    """The item in the words of the one it is near to; else as it is, and `said` gets it."""
    for digest, data in said:
        if is_near(type(item.payload), data, item.data):
            volatile = {name: item.data[name] for name in item.payload.volatile}
            return item._replace(digest=digest, data={**data, **volatile})
    said.append((item.digest, item.data))
    return item
