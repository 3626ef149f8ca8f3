"""Loads the graph from the database: what waits, what is imported, all of it anew."""

import logging
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from itertools import islice

from sqlalchemy import func, select
from sqlmodel import Session

from sigma_core import audit
from sigma_core.clock import Clock
from sigma_core.database import Database
from sigma_core.errors import Unavailable
from sigma_core.graph import imported, outbox
from sigma_core.graph.adapter import KnowledgeGraph, Stats
from sigma_core.graph.imported import Line
from sigma_core.graph.outbox import Changed
from sigma_core.graph.tables import outbox as outbox_table
from sigma_core.graph.updater import Pace, Updater, figures, note_rewriting
from sigma_core.graph.writer import ItemSource

log = logging.getLogger(__name__)

PACE = Pace(most=500)
AT_ONCE = 2
"""Batches in hand: one is made while the graph writes the other."""
WAIT_S = 0.2
AWAY_S = 20.0
"""How long it is tried to reach a graph that is away."""


@dataclass(frozen=True)
class Origin:
    """One kind of rows that the graph shows."""

    items: ItemSource
    everything: Callable[[Session], Iterator[Changed]]


class GraphLoader:
    """Brings the graph up to date now, in this process, whoever else does so."""

    def __init__(self, database: Database, clock: Clock, graph: KnowledgeGraph, origins: Mapping[str, Origin]) -> None:
        self._database, self._clock, self._graph, self._origins = database, clock, graph, origins
        sources = {name: origin.items for name, origin in origins.items()}
        self._updater = Updater(database, graph, sources, pace=PACE)

    def take_in(
        self,
        lines: Sequence[tuple[Line, int | None]],
        meanwhile: Callable[[], object] = lambda: None,
        *,
        actor: str | None = None,
    ) -> int:
        """Import lines with their projects' ids; returns how many were new, once the graph has them.

        `meanwhile` is called when they are stored and the graph does not have them yet. `actor`: the person who
        imports them.

        Raises `Unavailable` if it has not: they are stored all the same, and written when it is back.
        """
        with self._database.transaction() as session:
            ids = imported.store(session, lines, self._clock())
            self._note(session, actor, "import", f"{len(ids)} new of {len(lines)} lines")
        meanwhile()
        self.drain()
        return len(ids)

    def drain(self, say: Callable[[str], None] = lambda _: None, *, patience_s: float = AWAY_S) -> None:
        """Write all that waits now. Raises `Unavailable` if the graph stays away for so long."""
        with self._database.reading() as session:
            newest = session.execute(select(func.max(outbox_table.c.id))).scalar() or 0
        moved_at = time.monotonic()
        with ThreadPoolExecutor(AT_ONCE) as hands:
            while left := self._left(newest):
                say(f"{left} changes to write")
                if any(list(hands.map(lambda _: self._updater.write_batch(), range(AT_ONCE)))):
                    moved_at = time.monotonic()
                    continue
                now = figures(self._database)
                if now.failures and time.monotonic() - moved_at > patience_s:
                    raise Unavailable(f"The graph is away, {left} changes wait for it: {now.last_error}")
                # Others write some of them, or one that was refused waits for its next attempt
                time.sleep(WAIT_S)

    def rebuild(self, say: Callable[[str], None] = lambda _: None, *, actor: str | None = None) -> Stats:
        """Throw the graph away and fill it from the database, for a person or by itself. Raises `Unavailable`."""
        # Noted before: the graph is thrown away outside of every transaction
        with self._database.transaction() as session:
            self._note(session, actor, "rebuild")
        say("throwing the old graph away")
        try:
            self._graph.clear()
        except Unavailable:
            # Its files may be what keeps it from starting
            if not self._graph.set_files_aside():
                raise
            self._graph.clear()
        for origin in self._origins.values():
            self._enqueue_all(origin)
        self.drain(say)
        return self._graph.stats()

    def make_up_for_loss(self) -> bool:
        """Where the graph shows less than our records say it was told, have all of it written again; whether it did.

        So, too, where an older release wrote it, in which facts lay otherwise: it is thrown away first. It happens in
        the background: what is written again waits like any change.
        """
        # Counted before: what is written meanwhile makes the graph larger, never smaller
        if (rows := self.rows()) <= 0:
            return False
        try:
            if self._graph.is_outdated():
                log.warning("The graph is of an older release; it is written anew.")
                self._graph.clear()
            elif (shown := self._graph.stats().episodes) < rows:
                log.warning("The graph has lost some of what it was told (%d of %d).", rows - shown, rows)
            else:
                return False
        except Unavailable:
            return False
        for origin in self._origins.values():
            self._enqueue_all(origin)
        with self._database.transaction() as session:
            note_rewriting(session)
        return True

    def lost(self) -> int:
        """How many rows the graph is known not to show although it was told; it is not asked."""
        now = figures(self._database)
        return max(self.rows(), 0) if self._graph.is_gone and now.written else now.rewriting

    def rows(self) -> int:
        """How many rows the graph is to show, those that wait left out."""
        with self._database.reading() as session:
            all_ = sum(1 for origin in self._origins.values() for _ in origin.everything(session))
            counts = outbox.counts(session)
        return all_ - sum(counts.values())

    def _note(self, session: Session, actor: str | None, action: str, what: str | None = None) -> None:
        if actor is not None:
            audit.record(session, self._clock, actor=actor, action=action, object="graph", reason=what)

    def _enqueue_all(self, origin: Origin) -> None:
        with self._database.transaction() as session:
            now = self._clock()
            changes = origin.everything(session)
            while some := list(islice(changes, PACE.most)):
                outbox.enqueue(session, some, now)

    def _left(self, newest: int) -> int:
        with self._database.reading() as session:
            return outbox.unfinished(session, newest)
