"""Texts that wait for a model to find their facts: taken one by one, found facts stored as rows like imported ones."""

import logging
import secrets
import time
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum
from typing import Any

from sqlalchemy import Row, func, or_, select, update
from sqlmodel import Session

from sigma_core.clock import Clock
from sigma_core.database import Database
from sigma_core.errors import BudgetExceeded, SigmaError
from sigma_core.graph import imported
from sigma_core.graph.extraction import Ask, FoundFact, facts_in
from sigma_core.graph.tables import extraction, facts

log = logging.getLogger(__name__)

LEASE_S = 600.0
"""A text in hand belongs to one process for so long: longer than the questions may take."""
ATTEMPTS = 3
AGAIN_S, WITHOUT_BUDGET_S = 60.0, 600.0
TICK_S = 20.0
"""Longest time one tick goes on taking texts, seconds."""


class TextState(StrEnum):
    """Where a text is."""

    WAITING = "waiting"
    READ = "read"
    """Its facts are stored, if it has any."""
    GIVEN_UP = "given_up"
    """The model failed on it too often."""


@dataclass(frozen=True)
class TextFigures:
    """Texts by state, and facts found in them."""

    waiting: int
    read: int
    given_up: int
    found: int


AskAbout = Callable[[int | None], Ask]
"""How to ask a model about the text of a project (None: of nobody's)."""
Open = Callable[[Session], Collection[int]]
"""Ids of the projects whose text may be sent to a model."""


class TextExtraction:
    """Asks a model for the facts in texts. Any number of processes may: each text is in one's hands at a time."""

    def __init__(
        self,
        database: Database,
        clock: Clock,
        ask: AskAbout,
        open_projects: Open,
        *,
        token: Callable[[], str] = lambda: secrets.token_hex(8),
    ) -> None:
        self._database, self._clock, self._ask, self._open, self._token = database, clock, ask, open_projects, token

    def tick(self) -> int:
        """Read texts for a while; how many were read."""
        ends, read = time.monotonic() + TICK_S, 0
        while time.monotonic() < ends and (outcome := self._read_one()) is not None:
            read += outcome
        return read

    def figures(self) -> TextFigures:
        """How far it is."""
        with self._database.reading() as session:
            texts = select(extraction.c.state, func.count().label("texts")).group_by(extraction.c.state)
            by_state: dict[str, int] = {row.state: row.texts for row in session.execute(texts)}
            found = select(func.count()).select_from(facts).where(facts.c.text_id.is_not(None))
            waiting, read, given_up = (by_state.get(state, 0) for state in TextState)
            return TextFigures(waiting, read, given_up, session.execute(found).scalar_one())

    def _read_one(self) -> bool | None:
        """Whether the next text could be read; None if none is due."""
        token = self._token()
        with self._database.transaction() as session:
            text = self._claim(session, token)
        if text is None:
            return None
        try:
            found = facts_in(text.text, text.valid_at, self._ask(text.project_id))
        except BudgetExceeded as error:
            self._put_back(text, token, error, WITHOUT_BUDGET_S, tried=False)
        except SigmaError as error:
            self._put_back(text, token, error, AGAIN_S * 2**text.attempts, tried=True)
        else:
            return self._store(text, token, found)
        return False

    def _claim(self, session: Session, token: str) -> Row[Any] | None:
        now = self._database.now(session)
        its_project_may = or_(facts.c.project_id.is_(None), facts.c.project_id.in_(self._open(session)))
        text = session.execute(
            select(facts, extraction.c.attempts)
            .join(extraction, extraction.c.text_id == facts.c.id)
            .where(extraction.c.state == TextState.WAITING, extraction.c.due_at <= now, its_project_may)
            .order_by(facts.c.id)
            .limit(1)
            .with_for_update(of=extraction, skip_locked=True)
        ).one_or_none()
        if text is not None:
            until = now + timedelta(seconds=LEASE_S)
            values = {"due_at": until, "token": token, "attempts": extraction.c.attempts + 1}
            session.execute(update(extraction).where(extraction.c.text_id == text.id).values(values))
        return text

    def _store(self, text: Row[Any], token: str, found: Sequence[FoundFact]) -> bool:
        with self._database.transaction() as session:
            done = {"state": TextState.READ, "token": None, "error": None}
            mine = extraction.c.text_id == text.id, extraction.c.token == token
            if not session.execute(update(extraction).where(*mine).values(done)).rowcount:  # type: ignore[attr-defined]
                return False  # its lease ended, and somebody else has it
            imported.store_found(session, text, found, self._clock())
        return True

    def _put_back(self, text: Row[Any], token: str, error: SigmaError, wait_s: float, *, tried: bool) -> None:
        over = tried and text.attempts + 1 >= ATTEMPTS
        log.warning("No facts were found in text %d: %s", text.id, error)
        with self._database.transaction() as session:
            values = {
                "state": TextState.GIVEN_UP if over else TextState.WAITING,
                "token": None,
                "error": str(error)[:2000],
                "due_at": self._database.now(session) + timedelta(seconds=wait_s),
                "attempts": text.attempts + (1 if tried else 0),
            }
            mine = extraction.c.text_id == text.id, extraction.c.token == token
            session.execute(update(extraction).where(*mine).values(values))
