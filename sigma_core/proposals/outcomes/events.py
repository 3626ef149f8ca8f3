"""The rows that tell what happened to changes, written and taken back within one transaction."""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime

from sqlmodel import Session, col, select

from sigma_core.proposals.outcomes.kinds import OutcomeKind, ending
from sigma_core.proposals.tables import FollowedChange, Outcome


@dataclass(frozen=True)
class OutcomeEvent:
    """Something that happened to a change."""

    kind: OutcomeKind
    at: datetime
    actor: str
    how: str = ""
    commit: str | None = None
    reason: str = ""


class EventBook:
    """What is known of some changes. Telling it the same twice changes nothing."""

    def __init__(self, session: Session, followed: Iterable[FollowedChange], now: datetime) -> None:
        self._session, self._now = session, now
        self._followed = {each.line_id: each for each in followed}
        rows = session.exec(select(Outcome).where(col(Outcome.line_id).in_(self._followed)))
        self._rows = {(row.line_id, row.kind): row for row in rows}
        self._touched = set[int]()

    def of(self, line_id: int) -> Mapping[str, Outcome]:
        """What is known of one, by kind."""
        return {kind: row for (line, kind), row in self._rows.items() if line == line_id}

    def note(self, line_id: int, event: OutcomeEvent) -> None:
        """It happened; where that is known, this is how it is known now."""
        followed = self._followed[line_id]
        row = self._rows.get((line_id, event.kind))
        said = (event.commit, event.how, event.reason, event.actor, min(event.at, self._now))
        if row is None:
            row = self._rows[line_id, event.kind] = Outcome(
                line_id=line_id,
                proposal_id=followed.proposal_id,
                project_id=followed.project_id,
                kind=event.kind,
                actor=event.actor,
                at=self._now,
                created_at=self._now,
            )
        elif (row.commit, row.how, row.reason, row.actor, row.at) == said:
            return
        row.commit, row.how, row.reason, row.actor, row.at = said
        self._session.add(row)
        self._touched.add(line_id)

    def withdraw(self, line_id: int, kinds: Collection[str]) -> None:
        """As things stand it did not happen."""
        for kind in kinds:
            if (row := self._rows.pop((line_id, kind), None)) is not None:
                self._session.delete(row)
                self._touched.add(line_id)

    def settle(self) -> None:
        """Say of each change that was touched what it all comes to."""
        for line_id in self._touched:
            followed = self._followed[line_id]
            followed.is_taken, followed.changed_at = ending(self.of(line_id).keys()), self._now
            self._session.add(followed)
        self._touched.clear()
        self._session.flush()
