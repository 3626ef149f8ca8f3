"""Patterns of code as documents that recall finds."""

from collections.abc import Mapping, Sequence
from datetime import datetime

import sqlalchemy
from sqlalchemy import Select
from sqlmodel import Session, col, select

from sigma_core.exchange.types import SuccessfulFix
from sigma_core.graph.facts import Entity
from sigma_core.learning.patterns.service import known_patterns
from sigma_core.learning.patterns.tables import CodePattern
from sigma_core.recall.source import Document


class PatternSource:
    """What was seen often enough to be a pattern, or was brought along."""

    kind = "pattern"

    def stamps(self) -> Select[int, datetime]:
        """By the moment of the last change."""
        return sqlalchemy.select(col(CodePattern.id).label("key"), col(CodePattern.changed_at).label("stamp"))

    def unchanging(self, session: Session) -> None:
        """None: patterns do change."""

    def documents(self, session: Session, keys: Sequence[int]) -> Sequence[Document]:
        """What replaces what, where it applies, and how often that lasted."""
        rows = session.exec(select(CodePattern).where(col(CodePattern.id).in_(keys))).all()
        return [
            Document(
                key=each.row.id or 0,
                project_id=each.row.project_id,
                source="learning",
                text=(
                    f"Pattern: `{each.row.after}` in the place of `{each.row.before}`. "
                    f"Seen {each.row.seen} times; {each.trust.mean:.0%} of such fixes last. "
                    f"Applies to {', '.join(each.conditions.told()) or 'any place of its form'}"
                ),
                stamp=each.row.changed_at,
                recorded_at=each.row.changed_at,
                decay_s=SuccessfulFix.decay_s,
                entities=[Entity(each.row.rule)] if each.row.rule else [],
                keywords=["pattern", "fix", *each.row.imports],
            )
            for each in known_patterns(session, rows)
        ]

    def worth(self, session: Session, keys: Sequence[int], moment: datetime) -> Mapping[int, float]:  # noqa: ARG002 (today's state alone is known)
        """What is trusted counts more; what was seen too seldom is not to be found."""
        rows = session.exec(select(CodePattern).where(col(CodePattern.id).in_(keys))).all()
        return {each.row.id or 0: each.trust.mean for each in known_patterns(session, rows) if each.is_pattern}
