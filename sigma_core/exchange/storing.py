"""A plan becomes rows: items, ledger, deliveries, conflicts and the graph's outbox, each written once."""

import json
from collections.abc import Collection, Sequence
from datetime import datetime
from functools import lru_cache

from sqlalchemy import bindparam, insert, update
from sqlmodel import Session

from sigma_core.database import Database, packed
from sigma_core.exchange import projection, validation_ledger
from sigma_core.exchange.conflict_resolution import ConflictResolution
from sigma_core.exchange.delivery import deliver, withdraw
from sigma_core.exchange.message import ValidationStatus
from sigma_core.exchange.plan import PlannedItem, PublicationPlan
from sigma_core.exchange.tables import knowledge, origin
from sigma_core.prepared import Prepared, moment

_COLUMNS = (
    "id",
    "source",
    "target",
    "type",
    "project_id",
    "urgency",
    "data",
    "meta",
    "digest",
    "subject",
    "near",
    "evidence_count",
    "validation_status",
    "run_id",
    "created_at",
    "refreshed_at",
    "processed_at",
)
_VALID = ValidationStatus.VALID.value
_ADD = Prepared(insert(knowledge).inline().values({name: bindparam(name) for name in _COLUMNS}))
_CONFIRM = Prepared(
    update(knowledge)
    .where(knowledge.c.id == bindparam("item"))
    .values(
        {name: bindparam(name) for name in ("refreshed_at", "data", "target", "meta")}
        | {"evidence_count": knowledge.c.evidence_count + bindparam("times")}
    )
)
_REMEMBER = Prepared(
    insert(origin).inline().values({name: bindparam(name) for name in ("origin", "knowledge_id", "created_at")})
)


def store(
    database: Database, session: Session, plan: PublicationPlan, conflicts: ConflictResolution, now: datetime
) -> Collection[int]:
    """Write all that the plan says; its new entries get their ids. Returns the items that lost a conflict."""
    at = moment(session, now)
    if plan.ended:
        end_lives(session, plan.ended, now)  # first: the same knowledge is new when it comes again
    _add(database, session, plan.new, at)
    _CONFIRM.run_many(session, (_confirmation(entry, at) for entry in plan.repeated))
    _REMEMBER.run_many(
        session, ({"origin": name, "knowledge_id": entry.id, "created_at": at} for name, entry in plan.origins)
    )
    validation_ledger.enter_accepted(session, plan.new, at)
    deliver(session, ((entry.id, entry.copies) for entry in plan.entries), at)
    contradicted = [entry.id for entry in plan.repeated if entry.contradicted]
    if contradicted:
        withdraw(session, contradicted)
    outcome = conflicts.resolve(session, plan.challengers, contradicted, now)
    projection.added(session, ((entry.id, entry.first.subject) for entry in plan.new), now)
    new = {entry.id for entry in plan.new} if outcome.changed else ()
    changed = {*plan.ended, *(entry.id for entry in plan.repeated), *outcome.changed}.difference(new)
    if changed:
        projection.changed(session, sorted(changed), now)
    return outcome.lost


def end_lives(session: Session, ids: Sequence[int], now: datetime) -> None:
    """Archive these items: they no longer count as known."""
    session.execute(update(knowledge).where(knowledge.c.id.in_(ids)).values(archived_at=now, digest=None))


def _add(database: Database, session: Session, new: Sequence[PlannedItem], at: object) -> None:
    if new:
        for entry, id_ in zip(new, database.reserve_ids(session, knowledge, len(new)), strict=True):
            entry.id = id_
        _ADD.run_many(session, (_row(entry, at) for entry in new))


def _row(entry: PlannedItem, at: object) -> dict[str, object]:
    item, draft = entry.first, entry.first.draft
    return {
        "id": entry.id,
        "source": draft.source,
        "target": _list(entry.recipients),
        "type": item.payload.name,
        "project_id": draft.project_id,
        "urgency": draft.urgency,
        "data": packed(entry.latest.text),
        "meta": _meta(entry.confirmed_by),
        "digest": item.digest,
        "subject": item.subject,
        "near": item.near,
        "evidence_count": entry.times,
        "validation_status": _VALID,
        "run_id": draft.run_id,
        "created_at": at,
        "refreshed_at": at,
        "processed_at": None if entry.recipients else at,
    }


def _confirmation(entry: PlannedItem, at: object) -> dict[str, object]:
    return {
        "item": entry.id,
        "times": entry.times,
        "refreshed_at": at,
        "data": packed(entry.latest.text),
        "target": _list(entry.recipients),
        "meta": _meta(entry.confirmed_by),
    }


@lru_cache(1000)
def _list(names: tuple[str, ...]) -> str:
    return json.dumps(names)


@lru_cache(1000)
def _meta(confirmed_by: tuple[str, ...]) -> str:
    return json.dumps({"confirmed_by": confirmed_by} if confirmed_by else {})
