"""Keeps publishers of the same knowledge, or of contradicting knowledge, out of each other's way."""

from collections.abc import Iterable, Iterator

from sqlmodel import Session

from sigma_core.database import Database
from sigma_core.exchange.checking import Checked


def lock_subjects(database: Database, session: Session, items: Iterable[Checked]) -> None:
    """Hold, until the transaction ends, what other publishers of these subjects and origins wait for.

    The unique constraints hold without it; it spares the loser of a race an error, and lets it see the item it
    contradicts.
    """
    database.lock(session, *(name for item in items for name in _names(item)))


def _names(item: Checked) -> Iterator[str]:
    # a subject's items share one lock: its digests need none of their own; neither do those that may be near
    yield item.subject or item.near or item.digest
    if item.draft.origin is not None:
        yield f"origin {item.draft.origin}"
