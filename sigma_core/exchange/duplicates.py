"""What is known already of the items of a publication."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import select, union_all
from sqlmodel import Session

from sigma_core.exchange.freshness import is_over
from sigma_core.exchange.message import ValidationStatus
from sigma_core.exchange.payload import Payload
from sigma_core.exchange.plan import KnownItem, KnownItems, Words
from sigma_core.exchange.tables import knowledge, origin
from sigma_core.exchange.validation import Checked
from sigma_core.prepared import Prepared, one_of

CANDIDATES = 8
"""Items of one near key that are looked at, newest first: what a publication costs does not grow with the store."""
_ANY = Prepared(
    union_all(
        select(knowledge.c.id).where(one_of(knowledge.c.digest, "digests")),
        select(knowledge.c.id).where(one_of(knowledge.c.near, "keys"), knowledge.c.digest.is_not(None)),
    ).limit(1)
)


def find_known(session: Session, items: Sequence[Checked], now: datetime) -> KnownItems:
    """Look for the same origins, the same knowledge, and the same in other words."""
    by_origin = _of_origins(session, items)
    kinds = {item.digest: type(item.payload) for item in items}
    near = {item.near: type(item.payload) for item in items if item.near is not None}
    if not _ANY.rows(session, {"digests": list(kinds), "keys": list(near)}):
        return KnownItems(by_origin, {}, {}, ())
    found = session.execute(
        select(knowledge).where(knowledge.c.digest.in_(kinds)).with_for_update(key_share=True)
    ).all()
    ended = [row.id for row in found if is_over(row.refreshed_at, kinds[row.digest].life_s(), now)]
    by_digest = {row.digest: _known_item(row) for row in found if row.id not in ended}
    unknown = {item.near for item in items if item.near is not None and item.digest not in by_digest}
    words = {}
    for key, kind in near.items():
        if key in unknown:
            words[key] = _near_words(session, key, kind, by_digest, ended, now)
    return KnownItems(by_origin, by_digest, words, ended)


def _of_origins(session: Session, items: Sequence[Checked]) -> Mapping[str, KnownItem]:
    """What was published of these items' origins before."""
    wanted = [item.draft.origin for item in items if item.draft.origin is not None]
    if not wanted:
        return {}
    found = session.execute(
        select(origin.c.origin, knowledge)
        .join(knowledge, knowledge.c.id == origin.c.knowledge_id)
        .where(origin.c.origin.in_(wanted))
    )
    return {row.origin: _known_item(row) for row in found}


def _near_words(
    session: Session, key: str, kind: type[Payload], by_digest: dict[str, KnownItem], ended: list[int], now: datetime
) -> list[Words]:
    """What living items of a near key say, newest first; `by_digest` gets them, `ended` those past their life."""
    rows = session.execute(
        select(knowledge)
        .where(knowledge.c.near == key, knowledge.c.digest.is_not(None), knowledge.c.id.not_in(ended))
        .order_by(knowledge.c.id.desc())
        .limit(CANDIDATES)
        .with_for_update(key_share=True)
    ).all()
    over = [row.id for row in rows if is_over(row.refreshed_at, kind.life_s(), now)]
    ended += over
    living = [row for row in rows if row.id not in over]
    by_digest |= {row.digest: _known_item(row) for row in living}
    return [(row.digest, row.data) for row in living]


def _known_item(row: Any) -> KnownItem:  # noqa: ANN401 (a row)
    return KnownItem(
        row.id,
        row.source,
        tuple(row.target),
        tuple(row.meta.get("confirmed_by", ())),
        contradicted=row.validation_status == ValidationStatus.CONTRADICTED,
    )
