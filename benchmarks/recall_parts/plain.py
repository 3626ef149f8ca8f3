"""What everybody has: SQLite's full-text search, Porter stems, the OR of a question's words, BM25."""

import re
import sqlite3
from collections.abc import Callable, Iterable, Sequence


def full_text(documents: Iterable[tuple[str, str]]) -> Callable[[str, int], Sequence[str]]:
    """Ids of the documents that it finds first."""
    connection = sqlite3.connect(":memory:")
    connection.execute("CREATE VIRTUAL TABLE plain USING fts5 (id UNINDEXED, text, tokenize='porter unicode61')")
    connection.executemany("INSERT INTO plain VALUES (?, ?)", documents)

    def find(question: str, limit: int) -> Sequence[str]:
        words = dict.fromkeys(re.findall(r"[^\W_]+", question))
        asked = " OR ".join(f'"{word}"' for word in words)
        query = "SELECT id FROM plain WHERE plain MATCH ? ORDER BY bm25(plain) LIMIT ?"
        return [id_ for (id_,) in connection.execute(query, (asked, limit))] if words else []

    return find
