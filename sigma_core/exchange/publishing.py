"""Publishing in one transaction: validate, look up what is known, plan, and store the plan.

A plan becomes rows: items, ledger, deliveries, conflicts and the graph's outbox, each written once.
"""

import json
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from functools import lru_cache

from sqlalchemy import bindparam, insert, update
from sqlmodel import Session

from sigma_core.clock import Clock
from sigma_core.database import Database, packed
from sigma_core.errors import Invalid
from sigma_core.exchange import projection, sizes, validation_ledger
from sigma_core.exchange.conflicts import ConflictResolution
from sigma_core.exchange.delivery import deliver, withdraw
from sigma_core.exchange.duplicates import find_known
from sigma_core.exchange.message import Draft, Published, ValidationStatus
from sigma_core.exchange.plan import PlannedItem, PublicationPlan, planned
from sigma_core.exchange.registry import Registry
from sigma_core.exchange.tables import knowledge, origin
from sigma_core.exchange.validation import Checked, check
from sigma_core.exchange.validation_ledger import ValidationLedger
from sigma_core.identity import MAX_ID
from sigma_core.prepared import Prepared, moment
from sigma_core.projects.tables import Project

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


class Publisher:
    """Takes drafts and makes knowledge of them."""

    def __init__(
        self,
        database: Database,
        clock: Clock,
        registry: Registry,
        ledger: ValidationLedger,
        conflicts: ConflictResolution,
    ) -> None:
        self._database = database
        self._clock = clock
        self._registry = registry
        self._ledger = ledger
        self._conflicts = conflicts

    def publish(self, drafts: Sequence[Draft], session: Session | None) -> list[Published]:
        """Publish all or, if one is bad, none: then `Invalid` names its fields (of many: ``3.confidence``)."""
        items, refusals = self._checked(drafts)
        if refusals:
            with self._database.reading(session) as own:
                missing = _missing_projects(own, drafts)
            raise self._refusal(drafts, refusals, missing, session)
        with self._database.transaction(session) as own:
            _lock_subjects(self._database, own, items)
            missing = _missing_projects(own, drafts)
            if not missing:
                now = self._clock()
                plan = planned(items, find_known(own, items, now))
                lost = store(self._database, own, plan, self._conflicts, now)
                return [answer.published(lost) for answer in plan.answers]
        raise self._refusal(drafts, refusals, missing, session)

    def _checked(self, drafts: Sequence[Draft]) -> tuple[list[Checked], dict[int, Invalid]]:
        items, refusals = [], {}
        for number, draft in enumerate(drafts):
            try:
                items.append(check(draft, self._registry))
            except Invalid as error:
                refusals[number] = error
        return items, refusals

    def _refusal(
        self,
        drafts: Sequence[Draft],
        refusals: Mapping[int, Invalid],
        missing: Mapping[int, str],
        session: Session | None,
    ) -> Invalid:
        """The error to raise, entered in the ledger."""
        every = dict(refusals)
        for number, why in missing.items():
            others = refusals[number].fields if number in refusals else {}
            every[number] = Invalid({**others, "project_id": why})
        self._ledger.refused([(drafts[number], error) for number, error in sorted(every.items())], session)
        return _combined(every, len(drafts))


def _lock_subjects(database: Database, session: Session, items: Iterable[Checked]) -> None:
    """Hold, until the transaction ends, what other publishers of these subjects and origins wait for.

    The unique constraints hold without it; it spares the loser of a race an error, and lets it see the item it
    contradicts.
    """
    database.lock_all(session, (name for item in items for name in _lock_names(item)))


def _lock_names(item: Checked) -> Iterator[str]:
    # a subject's items share one lock: its digests need none of their own; neither do those that may be near
    yield item.subject or item.near or item.digest
    if item.draft.origin is not None:
        yield f"origin {item.draft.origin}"


def _missing_projects(session: Session, drafts: Sequence[Draft]) -> dict[int, str]:
    """By position, the drafts whose project is not there."""
    named = {number: draft.project_id for number, draft in enumerate(drafts) if type(draft.project_id) is int}
    known = {id_ for id_ in set(named.values()) if id_ <= MAX_ID and session.get(Project, id_) is not None}
    return {number: _no_project(id_) for number, id_ in named.items() if id_ not in known}


def _no_project(id_: int) -> str:
    return f"there is no project {id_}" if abs(id_) <= MAX_ID else "there is no project of so high a number"


def _combined(refusals: Mapping[int, Invalid], drafts: int) -> Invalid:
    if drafts == 1:
        return refusals[0]
    return Invalid(
        {f"{number}.{name}": why for number, error in refusals.items() for name, why in error.fields.items()}
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
    sizes.count_added(session, plan.new)
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
