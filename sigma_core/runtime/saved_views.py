"""How a person looks at the console's lists: views under names, and the columns last chosen."""

from collections.abc import Mapping
from typing import Any

from sqlmodel import Session, col, select

from sigma_core.clock import Clock
from sigma_core.database import Database
from sigma_core.errors import Invalid
from sigma_core.runtime.tables import SavedView

MOST = 50
LONGEST_NAME = 80
LAST = ""
"""The name of how a list was looked at last."""


class SavedViews:
    """One person's views. Nobody sees another's."""

    def __init__(self, database: Database, clock: Clock, actor: str) -> None:
        self._database, self._clock, self._actor = database, clock, actor

    def named(self, list_: str) -> Mapping[str, Mapping[str, Any]]:
        """What is shown by each view of a list, by name."""
        query = select(SavedView).where(SavedView.actor == self._actor, SavedView.list == list_)
        with self._database.reading() as session:
            rows = session.exec(query.order_by(col(SavedView.name))).all()
        return {row.name: row.shown for row in rows if row.name != LAST}

    def last(self, list_: str) -> Mapping[str, Any]:
        """How a list was looked at last; empty where that was not kept."""
        with self._database.reading() as session:
            found = self._find(session, list_, LAST)
        return found.shown if found else {}

    def save(self, list_: str, name: str, shown: Mapping[str, Any]) -> None:
        """Keep a view under a name, in place of one that had it. Raises `Invalid` without a name, or for too many."""
        name = name.strip()
        if not name or len(name) > LONGEST_NAME:
            raise Invalid({"name": f"one to {LONGEST_NAME} characters"})
        if name not in (known := self.named(list_)) and len(known) >= MOST:
            raise Invalid({"name": f"there are {MOST} views already; remove one first"})
        self._put(list_, name, shown)

    def remember(self, list_: str, shown: Mapping[str, Any]) -> None:
        """Keep how a list is looked at now."""
        self._put(list_, LAST, shown)

    def remove(self, list_: str, name: str) -> None:
        """Forget a view; one there is not is forgotten already."""
        with self._database.transaction() as session:
            if (view := self._find(session, list_, name)) is not None:
                session.delete(view)

    def _put(self, list_: str, name: str, shown: Mapping[str, Any]) -> None:
        with self._database.transaction() as session:
            self._database.lock(session, f"console_view/{self._actor}/{list_}")
            view = self._find(session, list_, name) or SavedView(
                actor=self._actor, list=list_, name=name, changed_at=self._clock()
            )
            view.shown, view.changed_at = dict(shown), self._clock()
            session.add(view)

    def _find(self, session: Session, list_: str, name: str) -> SavedView | None:
        query = select(SavedView).where(SavedView.actor == self._actor, SavedView.list == list_, SavedView.name == name)
        return session.exec(query).one_or_none()
