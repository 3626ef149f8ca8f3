"""Where a change stands on its way along the main line, one commit after the other."""

from collections.abc import Collection
from dataclasses import dataclass, field
from datetime import datetime

from sigma_core.proposals.outcomes.content import Standing
from sigma_core.proposals.outcomes.events import EventBook, OutcomeEvent
from sigma_core.proposals.outcomes.kinds import SURVIVED_AFTER, OutcomeKind
from sigma_core.proposals.tables import FollowedChange

FOLLOWED_FOR = 1000
"""Commits of the main line after which nothing more is expected of a change."""


@dataclass(frozen=True)
class PassedCommit:
    """A commit of the main line."""

    id: str
    at: datetime
    author: str


@dataclass
class Course:
    """A change between two commits, with what happened to it there."""

    line_id: int
    paths: list[str]
    commits: int
    reached: int | None
    is_standing: bool
    events: dict[OutcomeKind, OutcomeEvent | None] = field(default_factory=dict)
    """None: it did not happen, as things stand."""
    is_over: bool = False

    @classmethod
    def of(cls, row: FollowedChange) -> "Course":
        """As far as it was followed."""
        return cls(row.line_id, list(row.paths), row.commits, row.reached, row.is_standing)

    def go_on(self, step: PassedCommit, standing: Standing | None = None, how: str = "") -> None:
        """One more commit of the main line; what is to be seen of the change after it, where it changed its files.

        `how` the change came, or went.
        """
        self.commits += 1
        if standing is not None:
            self._look(step, standing, how)
        if self.is_standing and self.reached is not None:
            kind = SURVIVED_AFTER.get(self.commits - self.reached)
            if kind is not None:
                self._note(kind, step)
                self.is_over = kind is OutcomeKind.SURVIVED_100
        self.is_over = self.is_over or self.commits >= FOLLOWED_FOR

    def turn_back(self, dropped: int, gone: Collection[OutcomeKind], *, is_done: bool) -> None:
        """The last commits, so many, are no longer part of the history, and with them what they had brought."""
        self.commits = max(0, self.commits - dropped)
        self.events = dict.fromkeys(gone)
        if OutcomeKind.REACHED in gone:
            self.reached = None
        self.is_standing = is_done and self.reached is not None

    def write(self, row: FollowedChange, commit: str, book: EventBook) -> None:
        """Say so in the row, and in the events."""
        row.commit, row.paths, row.commits = commit, self.paths, self.commits
        row.reached, row.is_standing, row.is_over = self.reached, self.is_standing, self.is_over
        for kind, event in self.events.items():
            if event is None:
                book.withdraw(row.line_id, [kind])
            else:
                book.note(row.line_id, event)

    def _look(self, step: PassedCommit, standing: Standing, how: str) -> None:
        if standing is Standing.UNREADABLE:
            return
        if standing is Standing.DONE:
            if self.reached is None:
                self.reached = self.commits
                self._note(OutcomeKind.REACHED, step, how)
                self.events[OutcomeKind.CLOSED] = None
            if not self.is_standing:
                self.is_standing = True
                self.events |= dict.fromkeys((OutcomeKind.REVERTED, OutcomeKind.REWRITTEN, OutcomeKind.ISSUE_BACK))
        elif self.reached is not None and standing is Standing.UNDONE:
            self.is_standing = False
            self.events[OutcomeKind.REWRITTEN] = None
            self._note(OutcomeKind.REVERTED, step, how)
        elif self.is_standing:
            self.is_standing = False
            self._note(OutcomeKind.REWRITTEN, step)

    def _note(self, kind: OutcomeKind, step: PassedCommit, how: str = "") -> None:
        self.events[kind] = OutcomeEvent(kind, step.at, step.author, how=how, commit=step.id)
