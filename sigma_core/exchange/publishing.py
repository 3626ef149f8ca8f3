"""Publishing: validate → deduplicate → store → fan out → resolve conflicts, in one transaction."""

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from functools import cache

from sqlalchemy import bindparam, insert
from sqlmodel import Session

from sigma_core.clock import Clock
from sigma_core.database import Database, packed
from sigma_core.errors import Invalid
from sigma_core.exchange import duplicates, projection
from sigma_core.exchange.conflict_resolution import ConflictResolution
from sigma_core.exchange.delivery import DeliveryRequest, fan_out, withdraw
from sigma_core.exchange.duplicates import Known
from sigma_core.exchange.message import Draft, Published, ValidationStatus
from sigma_core.exchange.registry import Registry
from sigma_core.exchange.tables import knowledge
from sigma_core.exchange.validation import Checked, check
from sigma_core.exchange.validation_ledger import ValidationLedger
from sigma_core.identity import MAX_ID
from sigma_core.prepared import Prepared, moment
from sigma_core.projects.tables import Project

_STORED = (
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
_STORE = Prepared(insert(knowledge).inline().values({name: bindparam(name) for name in _STORED}))


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
                return self._store(own, items)
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

    def _store(self, session: Session, items: Sequence[Checked]) -> list[Published]:
        now = self._clock()
        told = duplicates.by_origin(session, items)
        known = duplicates.by_digest(session, items, now)
        items = duplicates.restated(session, items, known, now)
        news = _news(items, told, known)
        lost = self._add(session, news, known, now)
        published = []
        for item in items:
            name = item.draft.origin
            if name is not None and name in told:
                published.append(_again(told[name]))
                continue
            if news.get(item.digest) is item:
                published.append(_first(known[item.digest], lost))
            else:
                known[item.digest] = self._confirm(session, known[item.digest], item, now)
                published.append(_again(known[item.digest]))
            if name is not None:
                duplicates.remember_origin(session, name, known[item.digest], now)
                told[name] = known[item.digest]
        return published

    def _add(self, session: Session, news: Mapping[str, Checked], known: dict[str, Known], now: datetime) -> set[int]:
        """Store, deliver and weigh what is new; `known` gets it. Returns the ids of what lost a conflict at once."""
        if not news:
            return set()
        ids = self._database.reserve_ids(session, knowledge, len(news))
        stored = list(zip(ids, news.values(), strict=True))
        at = moment(session, now)
        _STORE.run_many(session, (_row(id_, item, at) for id_, item in stored))
        known |= {item.digest: Known(id_, item.draft.source, item.recipients) for id_, item in stored}
        self._ledger.accepted(session, stored)
        fan_out(session, (DeliveryRequest(id_, item.recipients, item.draft.urgency) for id_, item in stored), now)
        projection.added(session, ((id_, item.subject) for id_, item in stored), now)
        subjects = {id_: item.subject for id_, item in stored if item.subject is not None}
        return self._conflicts.meet(session, subjects, now) if subjects else set()

    def _confirm(self, session: Session, known: Known, item: Checked, now: datetime) -> Known:
        newcomers = known.newcomers(item)
        confirmed = duplicates.confirm(session, known, item, now)
        fan_out(session, [DeliveryRequest(known.id, newcomers, item.draft.urgency)], now)
        projection.changed(session, [known.id], now)
        if known.contradicted and item.subject is not None:
            withdraw(session, [known.id])
            self._conflicts.reconsider(session, known.id, item.subject, now)
        return confirmed


def _lock_subjects(database: Database, session: Session, items: Iterable[Checked]) -> None:
    """Hold, until the transaction ends, what other publishers of these subjects and origins wait for.

    The unique constraints hold without it; it spares the loser of a race an error, and lets it see the item it
    contradicts.
    """
    database.lock(session, *(name for item in items for name in _lock_names(item)))


def _lock_names(item: Checked) -> Iterator[str]:
    # a subject's items share one lock: its digests need none of their own; neither do those that may be near
    yield item.subject or item.near or item.digest
    if item.draft.origin is not None:
        yield f"origin {item.draft.origin}"


def _news(items: Iterable[Checked], told: Mapping[str, Known], known: Mapping[str, Known]) -> dict[str, Checked]:
    """By digest, the items that are to be stored: neither told of before nor known."""
    news: dict[str, Checked] = {}
    origins = set(told)
    for item in items:
        name = item.draft.origin
        if name is None or name not in origins:
            if item.digest not in known:
                news.setdefault(item.digest, item)
            if name is not None:
                origins.add(name)
    return news


def _row(id_: int, item: Checked, now: object) -> dict[str, object]:
    draft = item.draft
    return {
        "id": id_,
        "source": draft.source,
        "target": _as_text(item.recipients),
        "type": item.payload.name,
        "project_id": draft.project_id,
        "urgency": draft.urgency,
        "data": packed(item.text),
        "meta": "{}",
        "digest": item.digest,
        "subject": item.subject,
        "near": item.near,
        "evidence_count": 1,
        "validation_status": ValidationStatus.VALID.value,
        "run_id": draft.run_id,
        "created_at": now,
        "refreshed_at": now,
        "processed_at": None if item.recipients else now,
    }


@cache
def _as_text(recipients: tuple[str, ...]) -> str:
    return json.dumps(recipients)


def _first(known: Known, lost: set[int]) -> Published:
    return Published(known.id, () if known.id in lost else known.recipients, duplicate=False)


def _again(known: Known) -> Published:
    return Published(known.id, known.recipients, duplicate=True)


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
