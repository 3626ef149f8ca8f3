"""Knowledge that is known already: found, confirmed, or retired when its life is over."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any, NamedTuple

from sqlalchemy import insert, select, update
from sqlmodel import Session

from sigma_core.exchange import projection
from sigma_core.exchange.message import ValidationStatus
from sigma_core.exchange.near_duplicates import is_near
from sigma_core.exchange.payload import Payload
from sigma_core.exchange.tables import knowledge, origin
from sigma_core.exchange.validation import Checked
from sigma_core.prepared import Prepared, one_of

CANDIDATES = 8
"""Items of one near key that are looked at, newest first: what a publication costs does not grow with the store."""
_LIVING = Prepared(select(knowledge.c.id).where(one_of(knowledge.c.digest, "digests")).limit(1))
_ANY = Prepared(
    select(knowledge.c.id).where(one_of(knowledge.c.near, "keys"), knowledge.c.digest.is_not(None)).limit(1)
)
Words = tuple[str, Mapping[str, Any]]
"""A digest, and the data that says it."""


class Known(NamedTuple):
    """An item that is there."""

    id: int
    source: str
    recipients: tuple[str, ...]
    confirmed_by: tuple[str, ...] = ()
    contradicted: bool = False

    def newcomers(self, item: Checked) -> tuple[str, ...]:
        """Recipients of `item` to whom this is news: whoever has it, or said it, is left in peace."""
        told = {*self.recipients, self.source, *self.confirmed_by}
        return tuple(worker for worker in item.recipients if worker not in told)


def by_origin(session: Session, items: Sequence[Checked]) -> dict[str, Known]:
    """What was published of these items' origins before."""
    wanted = [item.draft.origin for item in items if item.draft.origin is not None]
    if not wanted:
        return {}
    found = session.execute(
        select(origin.c.origin, knowledge)
        .join(knowledge, knowledge.c.id == origin.c.knowledge_id)
        .where(origin.c.origin.in_(wanted))
    )
    return {row.origin: _known(row) for row in found}


def by_digest(session: Session, items: Sequence[Checked], now: datetime) -> dict[str, Known]:
    """The living items that say the same as these. Those found past their life are archived."""
    kinds = {item.digest: type(item.payload) for item in items}
    if not _LIVING.rows(session, {"digests": list(kinds)}):
        return {}
    found = session.execute(
        select(knowledge).where(knowledge.c.digest.in_(kinds)).with_for_update(key_share=True)
    ).all()
    return _living(session, found, kinds, now)


def _living(
    session: Session, found: Sequence[Any], kinds: Mapping[str, type[Payload]], now: datetime
) -> dict[str, Known]:
    """By digest, those of these rows that live; those found past their life are archived."""
    over = [row.id for row in found if is_over(row.refreshed_at, kinds[row.digest].life_s(), now)]
    if over:
        _archive(session, over, now)
    return {row.digest: _known(row) for row in found if row.id not in over}


def restated(session: Session, items: Sequence[Checked], known: dict[str, Known], now: datetime) -> Sequence[Checked]:
    """The items; one near to a known item, or to an earlier one of these, says the same as that. `known` gets it."""
    kinds = {item.near: type(item.payload) for item in items if item.near is not None and item.digest not in known}
    if not kinds:
        return items
    said = defaultdict(list, _near_words(session, kinds, known, now))
    return [
        item if item.near not in kinds or item.digest in known else _in_known_words(item, said[item.near])
        for item in items
    ]


def _near_words(
    session: Session, kinds: Mapping[str, type[Payload]], known: dict[str, Known], now: datetime
) -> dict[str, list[Words]]:
    """By near key, what living items say; `known` gets them."""
    if not _ANY.rows(session, {"keys": list(kinds)}):
        return {}
    found = {}
    for key, kind in kinds.items():
        rows = session.execute(
            select(knowledge)
            .where(knowledge.c.near == key, knowledge.c.digest.is_not(None))
            .order_by(knowledge.c.id.desc())
            .limit(CANDIDATES)
            .with_for_update(key_share=True)
        ).all()
        alive = _living(session, rows, {row.digest: kind for row in rows}, now)
        found[key] = [(row.digest, row.data) for row in rows if row.digest in alive]
        known |= alive
    return found


def _in_known_words(item: Checked, said: list[Words]) -> Checked:
    """The item in the words of the one it is near to; else as it is, and `said` gets it."""
    for digest, data in said:
        if is_near(type(item.payload), data, item.data):
            volatile = {name: item.data[name] for name in item.payload.volatile}
            return item._replace(digest=digest, data={**data, **volatile})
    said.append((item.digest, item.data))
    return item


def _archive(session: Session, ids: Sequence[int], now: datetime) -> None:
    """End these items' lives: the same knowledge is new when it comes again."""
    session.execute(update(knowledge).where(knowledge.c.id.in_(ids)).values(archived_at=now, digest=None))
    projection.changed(session, ids, now)


def confirm(session: Session, known: Known, item: Checked, now: datetime) -> Known:
    """Count `item` as evidence for `known`, which is fresh again and says what the latest one said."""
    source = item.draft.source
    confirmed_by = (
        known.confirmed_by if source in (known.source, *known.confirmed_by) else (*known.confirmed_by, source)
    )
    recipients = (*known.recipients, *known.newcomers(item))
    session.execute(
        update(knowledge)
        .where(knowledge.c.id == known.id)
        .values(
            evidence_count=knowledge.c.evidence_count + 1,
            refreshed_at=now,
            data=item.data,
            target=list(recipients),
            meta={"confirmed_by": list(confirmed_by)},
        )
    )
    return Known(known.id, known.source, recipients, confirmed_by, known.contradicted)


def remember_origin(session: Session, name: str, known: Known, now: datetime) -> None:
    """Note which item tells of this finding."""
    session.execute(insert(origin).values(origin=name, knowledge_id=known.id, created_at=now))


def _known(row: Any) -> Known:  # noqa: ANN401 (a row)
    return Known(
        row.id,
        row.source,
        tuple(row.target),
        tuple(row.meta.get("confirmed_by", ())),
        contradicted=row.validation_status == ValidationStatus.CONTRADICTED,
    )


def is_over(refreshed_at: datetime, life_s: float | None, now: datetime) -> bool:
    """Is an item past its life?"""
    return life_s is not None and now - refreshed_at > timedelta(seconds=life_s)
