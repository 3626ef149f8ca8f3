"""Issues, as documents."""

from collections.abc import Mapping, Sequence
from datetime import datetime

import sqlalchemy
from sqlalchemy import Select
from sqlmodel import Session, col, select

from sigma_core.exchange.types import IssuePattern
from sigma_core.graph.facts import Entity
from sigma_core.issues.tables import Issue
from sigma_core.recall.source import Document


class IssueSource:
    """Issues of all states: a fixed one is a precedent."""

    kind = "issue"

    def stamps(self) -> Select[int, datetime]:
        """By the moment of the last change of state."""
        return sqlalchemy.select(col(Issue.id).label("key"), col(Issue.changed_at).label("stamp"))

    def unchanging(self, session: Session) -> None:
        """None: issues do change."""

    def documents(self, session: Session, keys: Sequence[int]) -> Sequence[Document]:
        """What the detector said, and where."""
        return [
            Document(
                key=key,
                project_id=issue.project_id,
                source=issue.detector,
                text=f"{issue.state} issue {issue.rule} ({issue.severity}, {issue.family}) in {issue.file}:"
                f"{issue.line}: {issue.message}",
                stamp=issue.changed_at,
                recorded_at=issue.opened_at,
                decay_s=IssuePattern.decay_s,
                entities=(Entity(issue.rule), Entity(issue.file)),
            )
            for issue in session.exec(select(Issue).where(col(Issue.id).in_(keys)))
            if (key := issue.id) is not None
        ]

    def worth(self, session: Session, keys: Sequence[int], moment: datetime) -> Mapping[int, float]:  # noqa: ARG002 (today's state alone is known)
        """Every issue is worth the same."""
        return {key: 1.0 for key in session.exec(select(Issue.id).where(col(Issue.id).in_(keys))) if key is not None}
