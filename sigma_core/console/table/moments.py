"""The column that tells when something was."""

from sigma_core.console import session, words
from sigma_core.console.table.columns import TableColumn, Width
from sigma_core.listing import Row


def moment_column(name: str, title: str, width: Width, *, is_first_shown: bool = True) -> TableColumn:
    """In the viewer's zone, nothing where it has not been yet; the latest comes first when it is sorted by."""

    def told(row: Row) -> str:
        return words.moment(row[name], session.now(), session.zone()) if row[name] else ""

    return TableColumn(name, title, told, is_first_shown=is_first_shown, comes_last_first=True, width=width)
