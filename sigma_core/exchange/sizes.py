"""How many items there are, by type and by source: kept as items are added, so that no page counts millions.

Each transaction adds rows of its own, so that nobody who publishes waits for another; `fold` makes few rows of them.
"""

from collections import Counter
from collections.abc import Iterable, Mapping

from sqlalchemy import ColumnElement, bindparam, delete, func, insert, select
from sqlmodel import Session

from sigma_core.exchange.plan import PlannedItem
from sigma_core.exchange.tables import size
from sigma_core.prepared import Prepared

MOST_ROWS = 500
"""As many are added up in a millisecond."""
_COLUMNS = ("source", "type", "project_id", "amount")
_ADD = Prepared(insert(size).inline().values({name: bindparam(name) for name in _COLUMNS}))
_Key = tuple[str, str, int | None]


def count_added(session: Session, new: Iterable[PlannedItem]) -> None:
    """Count items that the session's transaction adds."""
    added = Counter((entry.source, entry.first.payload.name, entry.first.draft.project_id) for entry in new)
    _add(session, added)


def fold(session: Session, most: int = MOST_ROWS) -> None:
    """Add up rows of the same, where there are more than `most`; what is added meanwhile stays beside them."""
    if (session.scalar(select(func.count()).select_from(size)) or 0) <= most:
        return
    sums: Counter[_Key] = Counter()
    gone = delete(size).returning(*(size.c[name] for name in _COLUMNS))
    for source, kind, project_id, amount in session.execute(gone):
        sums[source, kind, project_id] += amount
    _add(session, sums)


def _add(session: Session, amounts: Mapping[_Key, int]) -> None:
    _ADD.run_many(session, (dict(zip(_COLUMNS, (*key, amount), strict=True)) for key, amount in amounts.items()))


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
