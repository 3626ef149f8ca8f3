"""How many items there are, by type and by source: kept as items are added, so that no page counts millions."""

from collections import Counter
from collections.abc import Iterable

from sqlalchemy import ColumnElement, bindparam, func, select, update
from sqlmodel import Session

from sigma_core.database import upsert
from sigma_core.exchange.plan import PlannedItem
from sigma_core.exchange.tables import size
from sigma_core.prepared import Prepared

NO_PROJECT = 0
_KEY = ("source", "type", "project_id")
_COUNT = Prepared(
    update(size)
    .where(*(size.c[name] == bindparam(f"its_{name}") for name in _KEY))
    .values(amount=size.c.amount + bindparam("more"))
)


def count_added(session: Session, new: Iterable[PlannedItem]) -> None:
    """Count items that the session's transaction adds."""
    added = Counter(
        (entry.source, entry.first.payload.name, entry.first.draft.project_id or NO_PROJECT) for entry in new
    )
    # In one order for all, so that two who publish never wait for each other
    for key, more in sorted(added.items()):
        values = dict(zip(_KEY, key, strict=True))
        if not _COUNT.run(session, {f"its_{name}": value for name, value in values.items()} | {"more": more}):
            # Somebody else may be adding the first of the same
            grown = upsert(session, size, _KEY, values={"amount": size.c.amount + more})
            session.execute(grown, values | {"amount": more})


def by_type(session: Session, project_id: int | None = None) -> dict[str, int]:
    """Items of all projects or of one, ended ones included."""
    return _sums(session, size.c.type, project_id)


def by_source(session: Session) -> dict[str, int]:
    """Items of all projects, ended ones included."""
    return _sums(session, size.c.source, None)


def _sums(session: Session, column: ColumnElement[str], project_id: int | None) -> dict[str, int]:
    query = select(column, func.sum(size.c.amount)).group_by(column)
    if project_id is not None:
        query = query.where(size.c.project_id == project_id)
    return {name: int(amount) for name, amount in session.execute(query)}
