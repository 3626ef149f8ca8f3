"""How alike a question and every document are in meaning: one product over vectors held in memory."""

import threading
from collections.abc import Collection
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from sqlalchemy import bindparam, func, select

from sigma_core.database import Database
from sigma_core.graph.embeddings.embedder import Matrix, Vector
from sigma_core.graph.embeddings.vectors import Vectors
from sigma_core.prepared import Prepared
from sigma_core.recall.tables import document

if TYPE_CHECKING:
    import numpy as np

    Numbers = np.ndarray[tuple[int], np.dtype[np.int64]]
    Figures = np.ndarray[tuple[int], np.dtype[np.float32]]
else:
    Numbers = Figures = Any

NOBODYS = -1
UNKNOWN = -1.0
"""Similarity of a document that has no vector yet."""
STALE_SHARE = 1.2
"""Documents remembered for each one that there is, from which on they are read anew."""
_NEW = Prepared(
    select(document.c.id, document.c.text_id, func.coalesce(document.c.project_id, NOBODYS))
    .where(document.c.id > bindparam("last"))
    .order_by(document.c.id)
)


@dataclass(frozen=True)
class Similarities:
    """Cosines of one question with all documents, by their ids in order."""

    ids: Numbers
    cosines: Figures
    seen: Figures
    """The same, but `UNKNOWN` for what is not to be seen."""
    places: Numbers
    """Their rows among all vectors, -1 where there is none."""
    rows: Matrix

    def with_question(self, question: Vector, wanted: Collection[int]) -> dict[int, float]:
        """Cosines of these documents, some at least, with another question."""
        import numpy as np

        asked = np.fromiter(sorted(wanted), np.int64, len(wanted))
        places = self.places[np.searchsorted(self.ids, asked)]
        asked, places = asked[places >= 0], places[places >= 0]
        products = self.rows[places] @ question
        return dict(zip(asked.tolist(), products.tolist(), strict=True))

    def nearest(self, limit: int, floor: float) -> list[int]:
        """The documents most alike, above a floor."""
        import numpy as np

        some = min(limit, len(self.seen))
        if not some:
            return []
        top = np.argpartition(self.seen, -some)[-some:]
        top = top[np.argsort(-self.seen[top], kind="stable")]
        return [int(self.ids[place]) for place in top if self.seen[place] > floor]

    def of(self, wanted: Collection[int]) -> dict[int, float]:
        """Cosines of these documents; those without a vector are left out."""
        import numpy as np

        asked = np.fromiter(wanted, np.int64, len(wanted))
        places = np.minimum(np.searchsorted(self.ids, asked), max(0, len(self.ids) - 1))
        if not len(self.ids):
            return {}
        there = (self.ids[places] == asked) & (self.cosines[places] > UNKNOWN)
        return {int(id_): float(self.cosines[place]) for id_, place in zip(asked[there], places[there], strict=True)}


class VectorIndex:
    """Which document says which text, and whose it is; read once, then only what is new."""

    def __init__(self, database: Database, vectors: Vectors) -> None:
        self.vectors = vectors
        self._database = database
        self._lock = threading.Lock()
        self._rows: Any = None

    def likeness(self, question: Vector, project_id: int | None) -> Similarities:
        """Of a question; with a project only its documents are to be seen, and those of none."""
        import numpy as np

        held, rows = self.vectors.held(), self._documents()
        ids, text_ids, owners = rows
        # One more at the end, where the place -1 leads
        products = np.full(len(held.rows) + 1, UNKNOWN, np.float32)
        np.dot(held.rows, question, out=products[:-1])
        places = held.places(text_ids)
        cosines = seen = products[places]
        if project_id is not None:
            seen = np.where((owners == project_id) | (owners == NOBODYS), cosines, np.float32(UNKNOWN))
        return Similarities(ids, cosines, seen, places, held.rows)

    def _documents(self) -> tuple[Numbers, Numbers, Numbers]:
        import numpy as np

        with self._lock, self._database.reading() as session:
            old = self._rows if self._rows is not None else np.empty((3, 0), np.int64)
            new = _NEW.rows(session, {"last": int(old[0, -1]) if old.size else 0})
            if new:
                old = np.concatenate([old, np.array(new, np.int64).T], axis=1)
                there = session.execute(select(func.count()).select_from(document)).scalar_one()
                if old.shape[1] > there * STALE_SHARE:
                    old = np.array(_NEW.rows(session, {"last": 0}), np.int64).T
            self._rows = old
            return old[0], old[1], old[2]
