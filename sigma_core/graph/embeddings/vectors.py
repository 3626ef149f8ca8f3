"""All vectors of one embedder in this process's memory, kept up to date: a question is one product."""

import threading
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Protocol

from sqlalchemy import bindparam, select

from sigma_core.database import Database
from sigma_core.graph.embeddings import store
from sigma_core.graph.embeddings.embedder import Embedder, Matrix, Vector
from sigma_core.graph.embeddings.tables import vectors
from sigma_core.prepared import Prepared

if TYPE_CHECKING:
    import numpy as np

    Places = np.ndarray[tuple[int], np.dtype[np.int64]]
    Mask = np.ndarray[tuple[int], np.dtype[np.bool_]]
else:
    Places = Mask = Any

GROWTH = 1.5
ARRANGED = 2
"""Snapshots whose vectors are kept in their order: at 100 000 entities 150 MB each."""
_NEW = Prepared(
    select(vectors.c.id, vectors.c.text_id, vectors.c.vector)
    .where(vectors.c.id > bindparam("last"), vectors.c.model_id == bindparam("model_id"))
    .order_by(vectors.c.id)
)


class ComparedTexts(Protocol):
    """A snapshot of the graph, as far as the texts by which its entities are compared."""

    @property
    def meanings(self) -> Iterable[str]: ...


@dataclass(frozen=True)
class Held:
    """Vectors at one moment: one row each, and the row of a text by its id (-1: none)."""

    rows: Matrix
    place_of: Places

    def places(self, text_ids: Places) -> Places:
        """The rows of these texts; -1 where there is none."""
        import numpy as np

        if not len(self.place_of):
            return np.full(len(text_ids), -1)
        inside = (text_ids >= 0) & (text_ids < len(self.place_of))
        found: Places = np.where(inside, self.place_of[np.where(inside, text_ids, 0)], -1)
        return found


@dataclass(frozen=True)
class Arranged:
    """Vectors in the order of a snapshot's entities."""

    of: ComparedTexts
    held: Held
    rows: Matrix
    there: Mask


class Vectors:
    """Reads vectors once, then only those that are new. Safe to use from all threads."""

    def __init__(self, database: Database, embedder: Embedder) -> None:
        self.embedder = embedder
        self._database = database
        self._lock = threading.Lock()
        self._last = 0
        self._held: Held | None = None
        self._room: Matrix | None = None
        self._arranged: list[Arranged] = []

    def held(self) -> Held:
        """As they are now."""
        with self._lock:
            with self._database.reading() as session:
                new = _NEW.rows(session, {"last": self._last, "model_id": self.embedder.model_id})
            if new or self._held is None:
                self._held = self._with(new)
                self._last = new[-1][0] if new else self._last
            return self._held

    def empty(self) -> bool:
        """Are there none at all? Told without reading them."""
        if self._last:
            return False
        with self._database.reading() as session:
            return store.newest(session, self.embedder.model_id) is None

    def query(self, text: str) -> Vector:
        """A question's vector; that of a text which asks the same is there already. Raises `Unavailable`."""
        vector: Vector
        if (held := self._held) is not None:
            with self._database.reading() as session:
                ids = store.known_digests(session, [store.digest(text)])
            for place in held.places(_numbers(ids.values())):
                if place >= 0:
                    vector = held.rows[place]
                    return vector
        vector = self.embedder.rows([text])[0]
        return vector

    def entities(self, snapshot: ComparedTexts) -> tuple[Matrix, Mask]:
        """A row for each entity of the snapshot, zero where none is made yet, and which are there; read-only."""
        held = self.held()
        for each in self._arranged:
            if each.of is snapshot and each.held is held:
                return each.rows, each.there
        rows, there = self._entities(snapshot, held)
        self._arranged = [*self._arranged[-(ARRANGED - 1) :], Arranged(snapshot, held, rows, there)]
        return rows, there

    def _entities(self, snapshot: ComparedTexts, held: Held) -> tuple[Matrix, Mask]:
        import numpy as np

        digests = [store.digest(text) for text in snapshot.meanings]
        with self._database.reading() as session:
            ids = store.known_digests(session, digests)
        places = held.places(_numbers(ids.get(each, -1) for each in digests))
        there = places >= 0
        rows = np.zeros((len(digests), self.embedder.dim), np.float32)
        rows[there] = held.rows[places[there]]
        rows.flags.writeable = there.flags.writeable = False
        return rows, there

    def _with(self, new: Sequence[tuple[Any, ...]]) -> Held:
        import numpy as np

        dim, old = self.embedder.dim, self._held
        count = len(old.rows) if old else 0
        total = count + len(new)
        room = self._room
        if room is None or total > len(room):
            room = np.empty((int(total * GROWTH) if room is not None else total, dim), np.float32)
            if old is not None:
                room[:count] = old.rows
            self._room = room
        text_ids = np.array([row[1] for row in new], np.int64)
        if new:
            # What others hold of the room lies before this and stays as it is
            room[count:total] = np.frombuffer(b"".join(bytes(row[2]) for row in new), "<f2").reshape(-1, dim)
        place_of = np.full(max(int(text_ids.max(initial=-1)) + 1, len(old.place_of) if old else 0), -1, np.int64)
        if old is not None:
            place_of[: len(old.place_of)] = old.place_of
        place_of[text_ids] = np.arange(count, total)
        return Held(room[:total], place_of)


def _numbers(some: Iterable[int]) -> Places:
    import numpy as np

    return np.fromiter(some, np.int64)
