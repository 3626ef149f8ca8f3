"""All that a database holds, as one value per table: what did not change is equal."""

import hashlib

from sqlalchemy import text

from sigma_core.database import Database
from sigma_core.runtime.all_tables import metadata

_FILLED = text(
    " UNION ALL ".join(f"SELECT '{name}' WHERE EXISTS (SELECT 1 FROM \"{name}\")" for name in metadata.tables)
)
"""Most tables are empty: one question leaves them out."""


def fingerprint(database: Database, leaving_out: str = "") -> dict[str, tuple[int, str]]:
    """Rows and a checksum over all of them, by table that holds any."""
    with database.reading() as session:
        return {
            name: _checksum([tuple(row) for row in session.execute(text(f'SELECT * FROM "{name}"'))])
            for name in session.scalars(_FILLED).all()
            if name != leaving_out
        }


def _checksum(rows: list[tuple[object, ...]]) -> tuple[int, str]:
    lines = sorted(map(repr, rows))
    return len(lines), hashlib.sha256("\n".join(lines).encode(errors="surrogatepass")).hexdigest()
