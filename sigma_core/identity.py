"""The one kind of id: a row's number, read in one way at every door."""

from typing import TYPE_CHECKING, TypeVar

from sigma_core.errors import NotFound

if TYPE_CHECKING:
    from sqlmodel import Session, SQLModel

MAX_ID = 2**31 - 1
"""No row has a higher number: PostgreSQL's integers end here."""
Row = TypeVar("Row", bound="SQLModel")


def row_id(what: str, given: int | str) -> int:
    """The number. Raises `NotFound` where it is malformed or no row can have it."""
    if isinstance(given, int) and abs(given) > MAX_ID:
        # Python refuses to write very long numbers
        raise NotFound(what, "of so high a number")
    text = str(given)
    # Longer ones are not even read: so many digits would take their time
    if text.isascii() and text.isdecimal() and len(text) <= 10 and 1 <= int(text) <= MAX_ID:
        return int(text)
    raise NotFound(what, given)


def existing_row(session: "Session", table: type[Row], what: str, given: int | str, *, alone: bool = False) -> Row:
    """The row of this number. Raises `NotFound`.

    With `alone`, in a write transaction, nobody else changes it until that has ended: who wants to waits.
    """
    row = session.get(table, row_id(what, given), with_for_update={"key_share": True} if alone else None)
    if row is None:
        raise NotFound(what, given)
    return row
