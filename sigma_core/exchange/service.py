"""The knowledge exchange: what workers, people and programs call."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import timedelta
from typing import Any

from sqlmodel import Session, select

from sigma_core import audit
from sigma_core.clock import Clock
from sigma_core.database import Database
from sigma_core.errors import Invalid, NotFound
from sigma_core.exchange import sizes
from sigma_core.exchange.arguments import shown
from sigma_core.exchange.conflicts import ConflictResolution, ConflictReview
from sigma_core.exchange.dead_letters import DeadLetters
from sigma_core.exchange.inbox import Inbox, require_worker, workers_with_messages
from sigma_core.exchange.items import ValuedItem, valued
from sigma_core.exchange.leases import ALL_PROCESSED
from sigma_core.exchange.message import DeadLetter, Draft, Message, Published, Receipt, Urgency
from sigma_core.exchange.payload import OUTSIDE, ConflictStrategy, Payload
from sigma_core.exchange.publishing import Publisher
from sigma_core.exchange.registry import Registry
from sigma_core.exchange.retention import Retained, retain
from sigma_core.exchange.statistics import WorkerFigures, figures, keep_figures, mean_freshness
from sigma_core.exchange.tables import KnowledgeConflict, WorkerKnowledgeState
from sigma_core.exchange.validation_ledger import ValidationLedger
from sigma_core.jobs import WORKERS


class Exchange:
    """Typed messages between workers: durable, deduplicated, delivered at least once.

    `lease_s`: seconds until an unacknowledged message comes back; `attempts`: deliveries before it is dead;
    `strategies`: type → conflict strategy, where it differs from the type's own. Leases are measured by the
    database's clock, freshness by `clock`.
    """

    def __init__(
        self,
        database: Database,
        clock: Clock,
        registry: Registry,
        *,
        lease_s: float = 60,
        attempts: int = 5,
        strategies: Mapping[str, ConflictStrategy] | None = None,
    ) -> None:
        self.registry = registry
        self._database = database
        self._clock = clock
        self._ledger = ValidationLedger(database, clock)
        self._publisher = Publisher(database, clock, registry, self._ledger, ConflictResolution(registry, strategies))
        self._inbox = Inbox(database, clock, registry, lease_s=lease_s, attempts=attempts)
        self._dead = DeadLetters(database, clock)
        self._conflicts = ConflictReview(database, clock, registry)

    def publish(
        self,
        source: str,
        knowledge: Payload | str,
        payload: Mapping[str, Any] | None = None,
        *,
        urgency: str = Urgency.NORMAL,
        targets: Sequence[str] | None = None,
        origin: str | None = None,
        project_id: int | None = None,
        run_id: int | None = None,
        session: Session | None = None,
    ) -> Published:
        """Publish one message: a payload object, or a type's name and its raw payload. See `Draft`.

        What is known already is confirmed instead: its evidence grows, it is fresh again, and only recipients that
        have not had it get it. With `session`, it commits with the caller's transaction. Raises `Invalid` naming
        every bad field; the refusal is entered in the validation ledger, nothing else is stored.
        """
        draft = Draft(source, knowledge, payload, urgency, targets, origin, project_id, run_id)
        return self.publish_many([draft], session=session)[0]

    def publish_many(self, drafts: Sequence[Draft], *, session: Session | None = None) -> list[Published]:
        """Publish all in one transaction, or none: `Invalid` then names the fields as ``<position>.<field>``."""
        return self._publisher.publish(drafts, session)

    def receive(self, worker: str, limit: int = 10) -> list[Message]:
        """Lease up to `limit` messages: high urgency first, then by age. Raises `NotFound` for an unknown worker."""
        return self._inbox.receive(worker, limit)

    def acknowledge(
        self, worker: str, received: Message | str | Iterable[Message | str], *, session: Session | None = None
    ) -> int:
        """Done with these messages (or receipts); returns how many. With `session`, it commits with their effect.

        Raises `Conflict` if one's lease has ended and it went back: then nothing is acknowledged, and in the
        caller's transaction the effect must not be kept either.
        """
        messages = [received] if isinstance(received, Message | str) else received
        if not isinstance(messages, Iterable):
            raise Invalid({"receipt": "must be messages or receipts"})
        return self._inbox.acknowledge(worker, messages, session)

    def reject(
        self, worker: str, received: Message | str, error: str, delay_s: float = 0, *, session: Session | None = None
    ) -> bool:
        """Handling failed: it comes back after `delay_s` seconds; after its last attempt it is dead (False)."""
        return self._inbox.reject(worker, _receipt(received), error, delay_s, session)

    def dead(
        self, worker: str | None = None, limit: int = 100, offset: int = 0, project_id: int | None = None
    ) -> list[DeadLetter]:
        """Deliveries given up, newest first."""
        if worker is not None:
            require_worker(worker)
        return self._dead.list(worker, limit, offset, project_id)

    def replay(self, delivery_id: int, *, actor: str, session: Session | None = None) -> None:
        """Put a dead delivery back into its inbox. Raises `NotFound`, `Conflict`."""
        self._dead.replay(delivery_id, actor=actor, session=session)

    def judge(
        self,
        worker: str,
        message_id: int,
        verdict: str,
        *,
        score: float,
        feedback: str = "",
        session: Session | None = None,
    ) -> None:
        """Record how useful knowledge was: useful, not_useful or contradicted, with a score 0–1."""
        self._ledger.judge(worker, message_id, verdict, score=score, feedback=feedback, session=session)

    def conflicts(self, *, open_only: bool = False, limit: int = 100, offset: int = 0) -> list[KnowledgeConflict]:
        """Contradictions and their rulings, newest first."""
        return self._conflicts.list(open_only=open_only, limit=limit, offset=offset)

    def settle(
        self,
        conflict_id: int,
        *,
        actor: str,
        reason: str,
        winner_id: int | None = None,
        session: Session | None = None,
    ) -> KnowledgeConflict:
        """Let `winner_id` stand, or overturn: the one that lost. Raises `NotFound`, `Invalid`."""
        return self._conflicts.settle(conflict_id, actor=actor, reason=reason, winner_id=winner_id, session=session)

    def workers_with_messages(self) -> tuple[str, ...]:
        """Workers that have something to receive."""
        return workers_with_messages(self._database)

    def valued(self, ids: Collection[int], *, session: Session | None = None) -> dict[int, ValuedItem]:
        """Those of these items that still stand, with what they are worth now."""
        with self._database.reading(session) as own:
            return valued(own, ids, self.registry, self._clock())

    def retain(self, *, dry_run: bool = False, actor: str | None = None, doubted: timedelta = timedelta()) -> Retained:
        """End the lives of knowledge that are over; with `dry_run` only count.

        `actor` is who asked for it; None: the schedule, whose runs are the record. `doubted`: by so much the clock may
        be ahead.
        """
        if dry_run:
            with self._database.reading() as session:
                return retain(session, self.registry, self._clock(), dry_run=True, doubted=doubted)
        with self._database.transaction() as session:
            if actor is not None:
                audit.record(session, self._clock, actor=actor, action="retention", object="knowledge")
            return retain(session, self.registry, self._clock(), dry_run=False, doubted=doubted)

    def types(self) -> list[type[Payload]]:
        """The registered types."""
        return list(self.registry)

    def stats(self, worker: str | None = None) -> list[WorkerFigures]:
        """Figures of one worker or outside source, or of all workers. Raises `NotFound`."""
        if worker is not None and worker not in (*WORKERS, *OUTSIDE):
            raise NotFound("worker", shown(worker))
        with self._database.reading() as session:
            now = self._clock()
            names = (worker,) if worker else WORKERS
            return [
                replace(figures(session, name, now), mean_freshness=mean_freshness(session, name, self.registry, now))
                for name in names
            ]

    def kept(self) -> dict[str, WorkerKnowledgeState]:
        """What each worker has exchanged so far, as it was last written down: one query, however much there is."""
        with self._database.reading() as session:
            return {state.worker: state for state in session.exec(select(WorkerKnowledgeState))}

    def keep_figures(self) -> None:
        """Write each worker's figures of this moment to its row, and note what all its recipients are done with."""
        with self._database.reading() as session:
            measured = [figures(session, worker, self._clock()) for worker in WORKERS]
        with self._database.transaction() as session:
            session.execute(ALL_PROCESSED)
            sizes.fold(session)
            for one in measured:
                keep_figures(session, one)


def _receipt(received: Message | str) -> Receipt:
    if type(received) is Message:
        return Receipt(received.delivery_id, received.token)
    return Receipt.parse(received)
