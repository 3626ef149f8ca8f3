"""The number of a row, as every door is given it."""

import pytest

from sigma_core.database import Database
from sigma_core.errors import NotFound
from sigma_core.identity import MAX_ID, existing_row, row_id
from sigma_core.runtime.tables import Run


@pytest.mark.parametrize(
    "given", ["", "-1", "0", "1.0", "²", "0x1", " 1", "x", MAX_ID + 1, -1, "9" * 5000, 10**100, True]
)
def test_what_can_be_no_number_of_a_row_is_not_found(given: str | int) -> None:
    with pytest.raises(NotFound, match="No run") as raised:
        row_id("run", given)
    assert len(str(raised.value)) < 300


def test_a_number_of_a_row_is_read_from_text_and_number() -> None:
    assert (row_id("run", "7"), row_id("run", 7), row_id("run", str(MAX_ID))) == (7, 7, MAX_ID)


def test_a_row_that_is_not_there_is_not_found(sqlite_copy: str) -> None:
    database = Database(sqlite_copy)
    with database.reading() as session, pytest.raises(NotFound, match="No run 7"):
        existing_row(session, Run, "run", "7")
    database.dispose()
