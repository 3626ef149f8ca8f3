"""Imported facts and texts, as documents."""

from collections.abc import Mapping, Sequence
from datetime import datetime

from sqlalchemy import Select, func, or_, select
from sqlmodel import Session

from sigma_core.graph.tables import facts
from sigma_core.recall.source import Document

DECAY_S = 30 * 24 * 3600.0
"""That of the knowledge that lasts longest: nobody says how soon an imported fact grows stale."""


class FactSource:
    """What was imported and holds now."""

    kind = "fact"

    def stamps(self) -> Select[int, datetime]:
        """By the moment of the import: they never change."""
        return select(facts.c.id.label("key"), facts.c.created_at.label("stamp"))

    def unchanging(self, session: Session) -> int:
        """Imported lines are never changed."""
        return int(session.execute(select(func.count()).select_from(facts)).scalar_one())

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
                entities=[name for name in (row.subject, row.object) if name],
                keywords=[row.predicate] if row.predicate else [],
            )
            for row in rows
        ]

    def worth(self, session: Session, keys: Sequence[int], moment: datetime) -> Mapping[int, float]:
        """Whole while they hold; before and after they are not to be found."""
        holds = or_(facts.c.invalid_at.is_(None), facts.c.invalid_at > moment)
        found = session.execute(select(facts.c.id).where(facts.c.id.in_(keys), facts.c.valid_at <= moment, holds))
        return dict.fromkeys(found.scalars(), 1.0)
