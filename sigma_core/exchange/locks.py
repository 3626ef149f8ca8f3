"""Keeps publishers of the same knowledge, or of contradicting knowledge, out of each other's way."""

import hashlib
from collections.abc import Iterable, Iterator

from sqlalchemy import BigInteger, bindparam, func, select
from sqlmodel import Session

from sigma_core.database import Database
from sigma_core.exchange.checking import Checked

_LOCK = select(func.pg_advisory_xact_lock(bindparam("key", type_=BigInteger)))


def lock_subjects(database: Database, session: Session, items: Iterable[Checked]) -> None:
    """Hold, until the transaction ends, what other publishers of these subjects and origins wait for.

    On SQLite a write transaction is alone anyway. The unique constraints hold without it; it spares the loser of a
    race an error, and lets it see the item it contradicts.
    """
    if database.is_sqlite:
        return
    for key in sorted({_key(name) for item in items for name in _names(item)}):
        session.execute(_LOCK, {"key": key})


def _names(item: Checked) -> Iterator[str]:
    # a subject's items share one lock: its digests need none of their own
    yield item.subject or item.digest
    if item.draft.origin is not None:
        yield f"origin {item.draft.origin}"


def _key(name: str) -> int:
    return int.from_bytes(hashlib.blake2b(name.encode(), digest_size=8).digest(), signed=True)
