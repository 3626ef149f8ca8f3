"""Imported facts and texts, as documents."""

from collections.abc import Mapping, Sequence
from datetime import datetime

from sqlalchemy import Select, bindparam, func, or_, select
from sqlmodel import Session

from sigma_core.graph.facts import Entity
from sigma_core.graph.tables import facts
from sigma_core.prepared import Prepared, one_of
from sigma_core.prepared import moment as as_given
from sigma_core.recall.source import Document

DECAY_S = 30 * 24 * 3600.0
"""That of the knowledge that lasts longest: nobody says how soon an imported fact grows stale."""
_HOLDING = Prepared(
    select(facts.c.id).where(
        one_of(facts.c.id, "keys"),
        facts.c.valid_at <= bindparam("moment"),
        or_(facts.c.invalid_at.is_(None), facts.c.invalid_at > bindparam("moment")),
    )
)
_COUNT = Prepared(select(func.count()).select_from(facts))


class FactSource:
    """What was imported and holds now."""

    kind = "fact"

    def stamps(self) -> Select[int, datetime]:
        """By the moment of the import: they never change."""
        return select(facts.c.id.label("key"), facts.c.created_at.label("stamp"))

    def unchanging(self, session: Session) -> int:
        """Imported lines are never changed."""
        ((count,),) = _COUNT.rows(session, {})
        return int(count)

    def documents(self, session: Session, keys: Sequence[int]) -> Sequence[Document]:
        """The sentence, and of a fact what it is about and says of it."""
        rows = session.execute(select(facts).where(facts.c.id.in_(keys)))
        return [
            Document(
                key=row.id,
                project_id=row.project_id,
                source=row.source,
                text=row.text,
                stamp=row.created_at,
                recorded_at=row.valid_at,
                decay_s=DECAY_S,
                entities=[Entity(name) for name in (row.subject, row.object) if name],
                keywords=[row.predicate] if row.predicate else [],
            )
            for row in rows
        ]

    def worth(self, session: Session, keys: Sequence[int], moment: datetime) -> Mapping[int, float]:
        """Whole while they hold; before and after they are not to be found."""
        found = _HOLDING.rows(session, {"keys": keys, "moment": as_given(session, moment)})
        return {key: 1.0 for (key,) in found}
