"""Figures of the exchange: each worker's, measured and kept in its row; and all of it at a glance."""

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from statistics import fmean

from sqlalchemy import (
    Connection,
    Executable,
    Row,
    bindparam,
    false,
    func,
    literal,
    literal_column,
    select,
    union_all,
    update,
)
from sqlmodel import Session

from sigma_core.database import upsert
from sigma_core.exchange import sizes
from sigma_core.exchange.freshness import freshness, freshness_sql
from sigma_core.exchange.items import newest_of_each, of_project
from sigma_core.exchange.message import RANKS, DeliveryState
from sigma_core.exchange.payload import OUTSIDE
from sigma_core.exchange.registry import Registry
from sigma_core.exchange.tables import WorkerKnowledgeState, delivery, hold, knowledge, validation, worker_state
from sigma_core.jobs import WORKERS
from sigma_core.prepared import Prepared, moment

SAMPLE = 300
"""Items of each type, the newest, that freshness is averaged over."""
_NOT_KEPT = {"last_exchange_at", "mean_freshness"}
_BLANK = {"snapshot": {}, "published": 0, "received": 0, "acknowledged": 0}

_COUNT = Prepared(
    update(worker_state)
    .where(worker_state.c.worker == bindparam("name"))
    .values(
        last_exchange_at=bindparam("moment"),
        received=worker_state.c.received + bindparam("taken"),
        acknowledged=worker_state.c.acknowledged + bindparam("done"),
    )
)


@dataclass(frozen=True)
class WorkerFigures:
    """One worker's exchange. None: nothing there to measure."""

    worker: str
    published: int
    """Items of which it is the source."""
    refused: int
    """Payloads it handed in that were not accepted."""
    validation_rate: float | None
    """Accepted of all it handed in, 0–1."""
    received: int
    """Deliveries to it, repeated ones counted each time."""
    acknowledged: int
    ready: int
    leased: int
    waiting: int
    dead: int
    lag_s: float | None
    """Age of the oldest message it has not finished, seconds."""
    last_exchange_at: datetime | None
    mean_freshness: float | None = None
    """Of the living items addressed to it, 0–1."""


def figures(session: Session, worker: str, now: datetime) -> WorkerFigures:
    """Measure one worker (or outside source) at `now`: what waits is counted, what is done was counted when done."""
    published = sizes.by_source(session).get(worker, 0)
    refused = session.execute(
        select(func.count()).where(
            validation.c.source == worker, validation.c.valid == false(), validation.c.verdict.is_(None)
        )
    ).scalar_one()
    kept = session.get(WorkerKnowledgeState, worker)
    in_hand = _in_hand(session, worker)
    return WorkerFigures(
        worker=worker,
        published=published,
        refused=refused,
        validation_rate=published / (published + refused) if published + refused else None,
        received=kept.received if kept else 0,
        acknowledged=kept.acknowledged if kept else 0,
        ready=_count(session, worker, DeliveryState.READY),
        leased=sum(row.state == DeliveryState.LEASED for row in in_hand),
        waiting=sum(row.state == DeliveryState.WAITING for row in in_hand),
        dead=_count(session, worker, DeliveryState.DEAD),
        lag_s=_lag_s([*_heads(session, worker), *(row.created_at for row in in_hand)], now),
        last_exchange_at=kept.last_exchange_at if kept else None,
    )


def mean_freshness(session: Session, worker: str, registry: Registry, now: datetime) -> float | None:
    """Of the living items addressed to a worker, 0–1. Looks at each of them: for whoever asks, not for every cycle."""
    fresh = freshness_sql(knowledge.c.refreshed_at, knowledge.c.type, now, registry)
    value = session.execute(
        select(func.avg(fresh))
        .join(delivery, delivery.c.knowledge_id == knowledge.c.id)
        .where(delivery.c.recipient == worker, knowledge.c.archived_at.is_(None))
    ).scalar()
    return None if value is None else float(value)


def _count(session: Session, worker: str, state: DeliveryState) -> int:
    # The state is part of the statement's text, so that the partial index of that state serves
    of_state = delivery.c.state == literal_column(f"'{state}'")
    count: int = session.execute(select(func.count()).where(delivery.c.recipient == worker, of_state)).scalar_one()
    return count


def _in_hand(session: Session, worker: str) -> Sequence[Row[str, datetime]]:
    """State and age of what is leased or put off."""
    holds = session.execute(select(hold.c.token, hold.c.deliveries).where(hold.c.recipient == worker))
    return [
        row
        for token, ids in holds
        for row in session.execute(
            select(delivery.c.state, delivery.c.created_at).where(delivery.c.id.in_(ids), delivery.c.receipt == token)
        )
    ]


def _heads(session: Session, worker: str) -> Iterator[datetime]:
    """When the first in line came, urgent and not."""
    ready = delivery.c.state == literal_column(f"'{DeliveryState.READY}'")
    for rank in sorted(set(RANKS.values())):
        first = select(delivery.c.created_at).where(delivery.c.recipient == worker, ready, delivery.c.rank == rank)
        yield from session.execute(first.order_by(delivery.c.id).limit(1)).scalars()


def _lag_s(since: Sequence[datetime], now: datetime) -> float | None:
    return max(0.0, (now - min(since)).total_seconds()) if since else None


def count_exchange(
    connection: Connection, worker: str, now: datetime, *, received: int = 0, acknowledged: int = 0
) -> None:
    """Count a receive or an acknowledgement."""
    figures = {"name": worker, "moment": moment(connection, now), "taken": received, "done": acknowledged}
    if not _COUNT.run(connection, figures):
        _make_row(connection, worker)
        _COUNT.run(connection, figures)


def keep_figures(session: Session, figures: WorkerFigures) -> None:
    """Keep a worker's figures."""
    snapshot = {name: value for name, value in asdict(figures).items() if name not in _NOT_KEPT}
    _make_row(session, figures.worker)
    session.execute(
        update(worker_state)
        .where(worker_state.c.worker == figures.worker)
        .values(snapshot=snapshot, published=figures.published)
    )


def _make_row(session: Session | Connection, worker: str) -> None:
    """See that there is a row; somebody else may be doing the same."""
    row = {"worker": worker} | _BLANK
    session.execute(upsert(session, worker_state, ("worker",), values={"worker": worker}), row)


@dataclass(frozen=True)
class InboxFigures:
    """What waits for one worker. `lag_s`: age of the oldest message nobody has taken, seconds; None: there is none."""

    worker: str
    ready: int
    taken: int
    """Leased, or put off by a failure."""
    dead: int
    lag_s: float | None
    validation_rate: float | None
    """Accepted of all it handed in, 0–1; None: it handed in nothing."""


@dataclass(frozen=True)
class Heat:
    """Mean freshness by type and worker over the newest items of each type that still stand."""

    cells: Mapping[tuple[str, str], float]
    mean: float | None
    """Of all of these items; None where there are none."""
    sampled: bool
    """A type has more items than were averaged."""


@dataclass(frozen=True)
class ExchangeOverview:
    """The exchange's figures of this moment."""

    items: Mapping[str, int]
    heat: Heat
    inboxes: Sequence[InboxFigures]
    """Each worker's, with what waits for it of all projects."""
    dead: int
    """Dead letters of all workers."""
    waiting: int
    """Conflicts that a person has to decide."""
    ruled: int
    """Conflicts that are decided."""


def heat(session: Session, registry: Registry, now: datetime, project_id: int | None = None) -> Heat:
    """Measure it, of one project's items only if `project_id` is given."""
    names = [kind.name for kind in registry]
    values: dict[tuple[str, str], list[float]] = defaultdict(list)
    every: list[float] = []
    counts: dict[str, int] = defaultdict(int)
    for row in session.execute(newest_of_each(names, SAMPLE, "target", project_id=project_id)):
        fresh = freshness(row.refreshed_at, now, registry.decay_s(row.type))
        counts[row.type] += 1
        every.append(fresh)
        for worker in row.target:
            values[row.type, worker].append(fresh)
    cells = {key: fmean(several) for key, several in values.items()}
    return Heat(cells, fmean(every) if every else None, sampled=max(counts.values(), default=0) >= SAMPLE)


def dead_letters(session: Session, project_id: int | None = None, worker: str | None = None) -> int:
    """Deliveries that were given up."""
    recipients = WORKERS if worker is None else (worker,)
    query = (
        select(func.count())
        .select_from(delivery)
        .where(delivery.c.recipient.in_(recipients), delivery.c.state == DeliveryState.DEAD.value)
    )
    if project_id is not None:
        query = of_project(query.join(knowledge, knowledge.c.id == delivery.c.knowledge_id), project_id)
    return int(session.execute(query).scalar_one())


def inboxes(session: Session, now: datetime) -> list[InboxFigures]:
    """Each worker's figures."""
    open_ = _open(session)
    accepted = sizes.by_source(session)
    refused = _counts(
        session,
        select(validation.c.source, func.count())
        .where(
            validation.c.source.in_((*WORKERS, *OUTSIDE)), validation.c.valid == false(), validation.c.verdict.is_(None)
        )
        .group_by(validation.c.source),
    )
    return [_inbox(worker, open_, accepted.get(worker, 0), refused.get(worker, 0), now) for worker in WORKERS]


def _inbox(
    worker: str, open_: Mapping[tuple[str, str], tuple[int, datetime]], accepted: int, refused: int, now: datetime
) -> InboxFigures:
    count = {kind: open_.get((worker, kind), (0, now))[0] for kind in ("ready", "taken", "dead")}
    oldest = open_.get((worker, "ready"))
    return InboxFigures(
        worker,
        **count,
        lag_s=max(0.0, (now - oldest[1]).total_seconds()) if oldest else None,
        validation_rate=accepted / (accepted + refused) if accepted + refused else None,
    )


def _open(session: Session) -> dict[tuple[str, str], tuple[int, datetime]]:
    """By worker and kind: how many, and since when the oldest is there. Each part reads its own partial index."""
    parts = {
        "ready": delivery.c.state == DeliveryState.READY.value,
        "dead": delivery.c.state == DeliveryState.DEAD.value,
    }
    taken = select(
        hold.c.recipient,
        literal("taken").label("kind"),
        func.sum(hold.c.held).label("copies"),
        func.min(hold.c.due_at).label("oldest"),
    ).group_by(hold.c.recipient)
    query = union_all(
        *(
            select(
                delivery.c.recipient,
                literal(kind).label("kind"),
                func.count().label("copies"),
                func.min(delivery.c.created_at).label("oldest"),
            )
            .where(condition)
            .group_by(delivery.c.recipient)
            for kind, condition in parts.items()
        ),
        taken,
    )
    return {(row.recipient, row.kind): (row.copies, row.oldest) for row in session.execute(query)}


def _counts(session: Session, query: Executable) -> dict[str, int]:
    return {row[0]: row[1] for row in session.execute(query)}
