"""Makes vectors of texts that have none, in the background, a bounded time at once."""

import logging
import threading
import time
from collections.abc import Callable

from sqlalchemy import ColumnElement, true
from sqlmodel import Session

from sigma_core.database import Database
from sigma_core.errors import Unavailable
from sigma_core.graph.embeddings import store
from sigma_core.graph.embeddings.embedder import Embedder
from sigma_core.graph.embeddings.store import VectorFigures

log = logging.getLogger(__name__)

BATCH = 64
TICK_S = 5.0
"""Longest time one tick goes on taking batches, seconds."""
REST_S = 60.0
"""How long an embedder that failed is left alone."""

Leave = Callable[[Session], ColumnElement[bool]]
"""A condition on texts."""


class VectorMaking:
    """Brings the vectors of one embedder up to date with the texts. Any number of processes may."""

    def __init__(self, database: Database, embedder: Embedder, leave: Leave = lambda _: true()) -> None:
        """`leave`: which texts may be handed to the embedder."""
        self._database, self._embedder, self._leave = database, embedder, leave
        self._after = 0
        self._rests_until = 0.0
        self._one_at_a_time = threading.Lock()

    def figures(self) -> VectorFigures:
        """How far it is."""
        with self._database.reading() as session:
            return store.figures(session, self._embedder.model_id, self._leave(session))

    def tick(self, most_s: float = TICK_S) -> int:
        """Make what is missing, for `most_s` seconds at most; how many were made.

        Of a process's threads one at a time does so, for two would make the same.
        """
        ends = time.monotonic() + most_s
        if not self._one_at_a_time.acquire(timeout=most_s):
            return 0
        try:
            return self._until(ends)
        finally:
            self._one_at_a_time.release()

    def _until(self, ends: float) -> int:
        made = 0
        if time.monotonic() < self._rests_until:
            return 0
        try:
            while self.figures().waiting > 0 and time.monotonic() < ends:
                before = self._after
                made += (some := self._batch())
                if not some and not before:
                    # Somebody else has them in hand
                    break
        except Unavailable as error:
            log.warning("No vectors are made for %g s: %s", REST_S, error)
            self._rests_until = time.monotonic() + REST_S
        if made and self.figures().waiting <= 0:
            self._forget_others()
        return made

    def _batch(self) -> int:
        with self._database.reading() as session:
            found = store.missing(session, self._embedder.model_id, self._after, BATCH, self._leave(session))
        if not found:
            # Those that are missing lie below: another process went before, or the embedder was changed
            self._after = 0
            return 0
        rows = self._embedder.rows([row.text for row in found])
        self._after = found[-1].id
        return store.put(self._database, self._embedder, [row.id for row in found], rows)

    def _forget_others(self) -> None:
        with self._database.transaction() as session:
            if gone := store.forget_others(session, self._embedder.model_id):
                log.info("%d vectors of another embedder were replaced.", gone)
