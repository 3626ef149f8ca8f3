"""What a table shows of a row. Pure."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

from sigma_core.bulk import BulkOutcome
from sigma_core.console.words import quoted
from sigma_core.listing import Row
from sigma_core.text import visible_line

Width = int | Literal["small", "medium", "large"]
"""Pixels, or one of Streamlit's."""
UP, DOWN = "↑", "↓"


@dataclass(frozen=True)
class TableColumn:
    """A column: the list's name for it, its title, and how a row's value reads."""

    name: str
    title: str
    show: Callable[[Row], object] | None = None
    """None: the value as it is."""
    is_number: bool = False
    """It stands at the right, and its highest values come first when it is sorted by."""
    comes_last_first: bool = False
    """What is latest or most comes first when it is sorted by."""
    format: str = "%d"
    """How a number is written."""
    is_first_shown: bool = True
    width: Width | None = None


@dataclass(frozen=True)
class BulkAct:
    """What is done to chosen rows together, with a reason where one is needed."""

    label: str
    effect: str
    act: Callable[[Sequence[Row], str], BulkOutcome]
    needs_reason: bool = False
    fits: Callable[[Row], bool] = lambda _: True
    """Whether it can be done to a row at all."""


@dataclass(frozen=True)
class Table:
    """A list's columns and acts. `filters` are the keys of the widgets that say what is listed."""

    name: str
    noun: str
    columns: Sequence[TableColumn]
    filters: Sequence[str] = ()
    acts: Sequence[BulkAct] = ()
    open: Callable[[Row], None] | None = None
    plural: str | None = None
    by_name: Mapping[str, TableColumn] = field(init=False, repr=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "by_name", {column.name: column for column in self.columns})

    def shown(self, names: Sequence[object]) -> Sequence[TableColumn]:
        """The columns of these names in the table's own order; those shown at first where none is known."""
        wanted = [column for column in self.columns if column.name in names]
        return wanted or [column for column in self.columns if column.is_first_shown]


def cells(columns: Sequence[TableColumn], rows: Sequence[Row]) -> dict[str, list[object]]:
    """What stands in each column, by its name; hidden characters are spelled out, code is quoted."""
    return {column.name: [_cell(column, row) for row in rows] for column in columns}


def heading(column: TableColumn, order: str) -> str:
    """The column's title, with an arrow where rows are sorted by it."""
    if order.removeprefix("-") != column.name:
        return column.title
    return f"{column.title} {DOWN if order.startswith('-') else UP}"


def turned(column: TableColumn, order: str) -> str:
    """The order after a click on a column's heading: by this one, or the other way round."""
    orders = [column.name, f"-{column.name}"]
    if column.is_number or column.comes_last_first:
        orders.reverse()
    return orders[1] if order == orders[0] else orders[0]


def _cell(column: TableColumn, row: Row) -> object:
    value: Any = column.show(row) if column.show else row[column.name]
    if isinstance(value, str):
        return quoted(visible_line(value))
    return value
