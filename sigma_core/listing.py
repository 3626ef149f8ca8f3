"""Lists of rows: filtered, sorted, paged and counted by the database, with columns from a fixed list."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, TypeAlias

from sqlalchemy import ColumnElement, Select, SQLColumnExpression, func, inspect, select
from sqlmodel import Session, SQLModel

from sigma_core.database import Database
from sigma_core.errors import Invalid

Row: TypeAlias = Mapping[str, Any]
Conditions: TypeAlias = Callable[[Session], Sequence[ColumnElement[bool]]]
EXPORTED_AT_MOST = 100_000
"""Rows that one export holds."""
_READ_AT_ONCE = 1000


@dataclass(frozen=True)
class Listing:
    """What a list is made from: the key of its rows, and its columns by name, in SQL."""

    key: SQLColumnExpression[int]
    columns: Mapping[str, SQLColumnExpression[Any]]
    order: str
    """A column's name, with a minus before it where the highest comes first."""
    unsorted: frozenset[str] = frozenset()
    """Columns by which nothing is sorted."""
    ranks: Mapping[str, SQLColumnExpression[Any]] = field(default_factory=dict)
    """By what a column sorts instead of by its own value."""

    @property
    def sortable(self) -> Sequence[str]:
        """Columns that rows can be sorted by."""
        return [name for name in self.columns if name not in self.unsorted]

    def sorting(self, order: str | None) -> Sequence[ColumnElement[Any]]:
        """The terms of an order, unambiguous by the key. Raises `Invalid` for a column there is not."""
        wanted = order or self.order
        name = wanted.removeprefix("-")
        if name not in self.sortable:
            raise Invalid({"sort": f"{name} is not one of {', '.join(self.sortable)}"})
        by = self.ranks.get(name, self.columns[name])
        terms = [by, self.key] if name != "id" else [self.key]
        return [term.desc() if wanted.startswith("-") else term.asc() for term in terms]

    def keys(self, where: Sequence[ColumnElement[bool]]) -> Select[int]:
        """The keys of the rows wanted, in no order."""
        return select(self.key).where(*where)

    def rows(self, keys: Select[int], order: Sequence[ColumnElement[Any]]) -> Select[Any]:
        """Those rows with all columns: what a column takes to compute is computed for these alone."""
        named: list[ColumnElement[Any]] = [value.label(name) for name, value in self.columns.items()]
        return select(*named).where(self.key.in_(keys.subquery().select())).order_by(*order)


def identifier(table: type[SQLModel]) -> SQLColumnExpression[int]:
    """The column of a table's numbers."""
    column: SQLColumnExpression[int] = inspect(table).columns["id"]
    return column


class ListedRows:
    """The rows of a list that fit some conditions. Every method is one short read transaction."""

    def __init__(self, database: Database, listing: Listing, conditions: Conditions) -> None:
        self._database, self._conditions = database, conditions
        self.listing = listing

    def count(self) -> int:
        """How many there are."""
        with self._database.reading() as session:
            # Not of its key: SQLite counts all rows of a table by its pages, those with a value one by one
            counted = select(func.count()).select_from(self.listing.keys(self._conditions(session)).subquery())
            number: int = session.execute(counted).scalar_one()
        return number

    def newest(self) -> int:
        """The highest number among them, 0 without any: whether there is news since."""
        with self._database.reading() as session:
            highest = select(func.max(self.listing.key)).where(*self._conditions(session))
            number: int = session.execute(highest).scalar_one() or 0
        return number

    def page(self, order: str | None, limit: int, offset: int = 0) -> Sequence[Row]:
        """One page of them. Raises `Invalid` for an order there is not."""
        sorting = self.listing.sorting(order)
        with self._database.reading() as session:
            keys = self.listing.keys(self._conditions(session)).order_by(*sorting).limit(limit).offset(offset)
            return [dict(row) for row in session.execute(self.listing.rows(keys, sorting)).mappings()]

    def every(self, order: str | None = None, at_most: int = EXPORTED_AT_MOST) -> Iterator[Row]:
        """All of them, a thousand in memory at once, and no more than `at_most`."""
        sorting = self.listing.sorting(order)
        with self._database.reading() as session:
            keys = self.listing.keys(self._conditions(session)).order_by(*sorting).limit(at_most)
            read = session.execute(self.listing.rows(keys, sorting).execution_options(yield_per=_READ_AT_ONCE))
            for row in read.mappings():
                yield dict(row)
