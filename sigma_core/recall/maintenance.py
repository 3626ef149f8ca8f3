"""Keeps what recall needs up to date in the background: the index, the vectors, and no text that nobody says."""

import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager

from sqlalchemy import exists, select

from sigma_core.database import Database
from sigma_core.graph.embeddings import store
from sigma_core.graph.embeddings.making import TICK_S, VectorMaking
from sigma_core.graph.embeddings.store import VectorFigures
from sigma_core.graph.embeddings.tables import texts
from sigma_core.recall.index import Index
from sigma_core.recall.tables import document, entity

SWEEP_S = 3600.0
LOOK_S = 1.0
"""How long is waited before it is looked again for what changed, beside other work."""


class RecallMaintenance:
    """What the scheduler does for recall. Any number of processes may."""

    def __init__(self, database: Database, index: Index, making: VectorMaking | None) -> None:
        """`making` None: no vectors are wanted."""
        self._database, self._index, self._making = database, index, making
        self._swept_at = time.monotonic()

    def tick(self, most_s: float = TICK_S) -> int:
        """Look at what changed, make vectors for `most_s` seconds at most; how many were made."""
        self._index.catch_up()
        if time.monotonic() - self._swept_at > SWEEP_S:
            self._swept_at = time.monotonic()
            self.sweep()
        return self._making.tick(most_s) if self._making else 0

    @contextmanager
    def at_work(self) -> Iterator[None]:
        """Go on with it in a thread meanwhile. Raises at the end what ended it early."""
        ended = threading.Event()

        def work() -> None:
            while not ended.wait(LOOK_S):
                self.tick(LOOK_S)

        with ThreadPoolExecutor(1, thread_name_prefix="recall") as beside:
            done = beside.submit(work)
            try:
                yield
            finally:
                ended.set()
        done.result()

    def figures(self) -> VectorFigures | None:
        """How far the vectors are behind; None: none are wanted."""
        return self._making.figures() if self._making else None

    def sweep(self) -> int:
        """Forget texts that no document and no entity has any more; how many."""
        said = exists(select(document.c.id).where(document.c.text_id == texts.c.id))
        named = exists(select(entity.c.id).where(entity.c.text_id == texts.c.id))
        with self._database.transaction() as session:
            self._index.lock(session)
            return store.forget(session, ~said & ~named)
