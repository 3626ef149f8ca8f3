"""The exchange at a glance: its size, what waits in each inbox, how fresh each worker's knowledge is."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from statistics import fmean

from sqlalchemy import Executable, false, func, literal, select, union_all
from sqlmodel import Session

from sigma_core.exchange.freshness import freshness
from sigma_core.exchange.freshness_index import newest_of_each, of_project
from sigma_core.exchange.message import DeliveryState
from sigma_core.exchange.payload import OUTSIDE
from sigma_core.exchange.registry import Registry
from sigma_core.exchange.tables import delivery, hold, knowledge, validation
from sigma_core.jobs import WORKERS

SAMPLE = 300
"""Items of each type, the newest, that freshness is averaged over."""


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


def sizes(session: Session, project_id: int | None = None) -> dict[str, int]:
    """Items by type, ended ones included."""
    return _counts(session, of_project(select(knowledge.c.type, func.count()).group_by(knowledge.c.type), project_id))


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
    accepted = _counts(session, select(knowledge.c.source, func.count()).group_by(knowledge.c.source))
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
