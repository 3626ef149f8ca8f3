"""The exchange as people use it: read models on connections that never write, and acts that carry a name."""

from collections.abc import Mapping, Sequence
from typing import Any

from sigma_core import audit
from sigma_core.clock import Clock
from sigma_core.database import Database
from sigma_core.exchange import disputes, dossiers, items, sizes, statistics
from sigma_core.exchange.arguments import MAX_REASON
from sigma_core.exchange.disputes import Dispute
from sigma_core.exchange.dossiers import Dossier
from sigma_core.exchange.items import Item, item_of
from sigma_core.exchange.message import Message, Published, Receipt, Urgency
from sigma_core.exchange.service import Exchange
from sigma_core.exchange.statistics import ExchangeOverview
from sigma_core.exchange.tables import knowledge

REPLAYED_AT_ONCE = 1000


class ConsoleService:
    """What a console, a command or an API shows of the exchange, and does to it for a person."""

    def __init__(self, database: Database, clock: Clock, exchange: Exchange) -> None:
        self._database, self._clock, self._exchange = database, clock, exchange
        self._registry = exchange.registry

    def newest(
        self, limit: int, types: Sequence[str] = (), project_id: int | None = None, offset: int = 0
    ) -> list[Item]:
        """Items of these types (of all), what was said last first."""
        with self._database.reading() as session:
            now = self._clock()
            rows = items.newest(session, limit, types, project_id, offset)
            return [item_of(row, self._registry, now) for row in rows]

    def of_run(self, run_id: int, limit: int) -> list[Item]:
        """What a run published, newest first."""
        mine = knowledge.select().where(knowledge.c.run_id == run_id).order_by(knowledge.c.id.desc()).limit(limit)
        with self._database.reading() as session:
            now = self._clock()
            return [item_of(row, self._registry, now) for row in session.execute(mine)]

    def count(self, types: Sequence[str] = (), project_id: int | None = None) -> int:
        """How many items there are of these types (of all), ended ones included."""
        with self._database.reading() as session:
            every = sizes.by_type(session, project_id)
            return sum(count for name, count in every.items() if not types or name in types)

    def freshest(self, limit: int, types: Sequence[str] = ()) -> list[Item]:
        """The freshest items that stand, of these types (of all registered). Raises `Invalid` for an unknown one."""
        for name in types:
            self._registry[name]
        with self._database.reading() as session:
            now = self._clock()
            found = items.freshest(session, self._registry, now, limit, types)
            ids = [id_ for id_, _ in found]
            rows = {row.id: row for row in session.execute(knowledge.select().where(knowledge.c.id.in_(ids)))}
            return [item_of(rows[id_], self._registry, now) for id_ in ids]

    def archived(self, limit: int, types: Sequence[str] = ()) -> list[Item]:
        """Items whose life is over, those that ended last first."""
        ended = knowledge.select().where(knowledge.c.archived_at.is_not(None))
        if types:
            ended = ended.where(knowledge.c.type.in_(types))
        last = knowledge.c.archived_at.desc(), knowledge.c.id.desc()
        with self._database.reading() as session:
            now = self._clock()
            return [item_of(row, self._registry, now) for row in session.execute(ended.order_by(*last).limit(limit))]

    def dossier(self, item_id: int) -> Dossier:
        """All that is known about one item. Raises `NotFound`."""
        with self._database.reading() as session:
            return dossiers.dossier(session, self._registry, self._clock(), item_id)

    def disputes(self, limit: int, offset: int = 0, *, open_only: bool = False) -> list[Dispute]:
        """Conflicts of either kind, newest first."""
        with self._database.reading() as session:
            return disputes.disputes(session, self._registry, self._clock(), limit, offset, open_only=open_only)

    def open_disputes(self, limit: int, offset: int = 0, project_id: int | None = None) -> list[Dispute]:
        """Conflicts that wait for a person, oldest first."""
        with self._database.reading() as session:
            return disputes.open_disputes(session, self._registry, self._clock(), limit, offset, project_id)

    def ruled_disputes(self, limit: int, offset: int = 0, project_id: int | None = None) -> list[Dispute]:
        """Conflicts that are decided, newest first."""
        with self._database.reading() as session:
            return disputes.ruled_disputes(session, self._registry, self._clock(), limit, offset, project_id)

    def count_disputes(self, project_id: int | None = None) -> tuple[int, int]:
        """How many conflicts wait for a person, and how many are decided."""
        with self._database.reading() as session:
            waiting, ruled = (disputes.count_disputes(session, project_id, ruled=each) for each in (False, True))
            return waiting, ruled

    def count_dead(self, worker: str | None = None, project_id: int | None = None) -> int:
        """How many deliveries (of one worker, of one project's knowledge) were given up."""
        with self._database.reading() as session:
            return statistics.dead_letters(session, project_id, worker)

    def overview(self, project_id: int | None = None) -> ExchangeOverview:
        """Size, freshness, inboxes, and what was given up, contradicts itself or was decided; of one project if asked.

        Inboxes are the workers': what waits there is of all projects.
        """
        with self._database.reading() as session:
            now = self._clock()
            return ExchangeOverview(
                items=sizes.by_type(session, project_id),
                heat=statistics.heat(session, self._registry, now, project_id),
                inboxes=statistics.inboxes(session, now),
                dead=statistics.dead_letters(session, project_id),
                waiting=disputes.count_disputes(session, project_id, ruled=False),
                ruled=disputes.count_disputes(session, project_id, ruled=True),
            )

    def publish(
        self,
        type: str,
        payload: Mapping[str, Any],
        *,
        actor: str,
        source: str = "operator",
        urgency: str = Urgency.NORMAL,
        targets: Sequence[str] | None = None,
        project_id: int | None = None,
    ) -> Published:
        """Publish for a person, as `source`. Raises `Invalid` naming every bad field."""
        with self._database.transaction() as session:
            published = self._exchange.publish(
                source, type, payload, urgency=urgency, targets=targets, project_id=project_id, session=session
            )
            audit.record(
                session, self._clock, actor=actor, action="publish", object=f"knowledge/{published.message_id}"
            )
            return published

    def acknowledge(self, worker: str, messages: Sequence[Message | str], *, actor: str) -> int:
        """Take messages (or receipts) out of a worker's inbox for good, by a person's hand; how many.

        Raises `Conflict` where a lease has ended.
        """
        with self._database.transaction() as session:
            done = self._exchange.acknowledge(worker, messages, session=session)
            audit.record(
                session,
                self._clock,
                actor=actor,
                action="acknowledge",
                object=f"inbox/{worker}",
                reason=", ".join(_named(each) for each in messages)[:MAX_REASON],
            )
        return done

    def replay_all(self, worker: str | None = None, *, actor: str, project_id: int | None = None) -> int:
        """Put all dead letters (of one worker, of one project) back into their inboxes; how many. Raises `NotFound`."""
        replayed = 0
        while letters := self._exchange.dead(worker, REPLAYED_AT_ONCE, project_id=project_id):
            with self._database.transaction() as session:
                for letter in letters:
                    self._exchange.replay(letter.delivery_id, actor=actor, session=session)
            replayed += len(letters)
        return replayed


def _named(received: Message | str) -> str:
    if isinstance(received, Message):
        return f"message {received.message_id}"
    return f"delivery {Receipt.parse(received).delivery_id}"
