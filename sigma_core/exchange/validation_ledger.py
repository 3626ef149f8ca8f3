"""The validation ledger: what was checked, with what result."""

import logging
from collections.abc import Iterable, Sequence
from enum import StrEnum
from typing import Any

from sqlalchemy import bindparam, event, insert, literal_column, true
from sqlalchemy.orm import SessionTransaction
from sqlmodel import Session

from sigma_core.clock import Clock
from sigma_core.database import Database
from sigma_core.errors import Invalid, NotFound, Unavailable
from sigma_core.exchange.arguments import identity, number, refuse, shown, text
from sigma_core.exchange.message import Draft
from sigma_core.exchange.payload import Payload
from sigma_core.exchange.plan import PlannedItem
from sigma_core.exchange.tables import Knowledge, Validation, validation
from sigma_core.identity import row_id
from sigma_core.jobs import WORKERS
from sigma_core.prepared import Prepared
from sigma_core.text import escaped

log = logging.getLogger(__name__)

PAYLOAD_MODEL = "payload_model"
_ACCEPT = Prepared(
    insert(validation)
    .inline()
    .values(
        {name: bindparam(name) for name in ("knowledge_id", "source", "type", "created_at")}
        | {
            "validator": literal_column(f"'{PAYLOAD_MODEL}'"),
            "valid": true(),
            "score": literal_column("1.0"),
            "feedback": literal_column("'{}'"),
        }
    )
)
MAX_FIELDS = 50
"""Bad fields kept of one refused payload."""
MAX_FEEDBACK = 2000


class Usefulness(StrEnum):
    """A recipient's verdict on knowledge it used."""

    USEFUL = "useful"
    NOT_USEFUL = "not_useful"
    CONTRADICTED = "contradicted"


class ValidationLedger:
    """Enters refusals and verdicts."""

    def __init__(self, database: Database, clock: Clock) -> None:
        self._database = database
        self._clock = clock

    def refused(self, refusals: Sequence[tuple[Draft, Invalid]], session: Session | None) -> None:
        """Enter refused payloads in a transaction of their own.

        If the publisher joined the caller's `session`, as soon as that transaction has ended, however it ends:
        until then it may hold the only write lock there is.
        """
        now = self._clock()
        rows = [_entry(draft, valid=False, created_at=now, feedback=_feedback(error)) for draft, error in refusals]
        if session is None or not session.in_transaction():
            self._write(rows)
            return

        def when_ended(_session: Session, ended: SessionTransaction) -> None:
            if ended.parent is None and rows:
                written = rows.copy()
                rows.clear()
                try:
                    self._write(written)
                except Unavailable as error:
                    # The caller's own transaction has ended well: that must not look like a failure
                    log.warning("%d refusals are missing in the validation ledger: %s", len(written), error)

        event.listen(session, "after_transaction_end", when_ended)

    def judge(
        self,
        worker: str,
        knowledge_id: int,
        verdict: str,
        *,
        score: float,
        feedback: str = "",
        session: Session | None = None,
    ) -> None:
        """Enter what `worker` found `knowledge_id` worth; its last verdict counts. Raises `Invalid`, `NotFound`."""
        refuse(
            {
                "worker": "" if worker in WORKERS else f"{shown(worker)} is not a worker",
                "message_id": identity(knowledge_id),
                "verdict": "" if verdict in list(Usefulness) else f"must be one of {', '.join(Usefulness)}",
                "score": number(score, 0, 1),
                "feedback": text(feedback, MAX_FEEDBACK, blank=True),
            }
        )
        with self._database.transaction(session) as own:
            item = own.get(Knowledge, row_id("message", knowledge_id))
            if item is None:
                raise NotFound("message", knowledge_id)
            own.add(
                Validation(
                    knowledge_id=knowledge_id,
                    source=item.source,
                    type=item.type,
                    validator=worker,
                    verdict=verdict,
                    valid=verdict != Usefulness.CONTRADICTED,
                    score=score,
                    feedback={"text": feedback} if feedback else {},
                    created_at=self._clock(),
                )
            )

    def _write(self, rows: list[dict[str, Any]]) -> None:
        with self._database.transaction() as session:
            session.execute(insert(validation), rows)


def enter_accepted(session: Session, entries: Iterable[PlannedItem], at: object) -> None:
    """Enter accepted items of types that require validation; `at` as the driver takes it."""
    _ACCEPT.run_many(
        session,
        (
            {
                "knowledge_id": entry.id,
                "source": entry.source,
                "type": entry.first.payload.name,
                "created_at": at,
            }
            for entry in entries
            if entry.first.payload.validation_required
        ),
    )


def _entry(draft: Draft, **rest: object) -> dict[str, Any]:
    blank: dict[str, Any] = {"knowledge_id": None, "score": None, "feedback": {}, "verdict": None}
    return blank | {"source": _ascii(draft.source, 40), "type": _type_name(draft), "validator": PAYLOAD_MODEL} | rest


def _type_name(draft: Draft) -> str:
    return draft.knowledge.name if isinstance(draft.knowledge, Payload) else _ascii(draft.knowledge, 80)


def _feedback(error: Invalid) -> dict[str, str]:
    return {name[:200]: why[:500] for name, why in list(error.fields.items())[:MAX_FIELDS]}


def _ascii(value: object, length: int) -> str:
    return escaped(value if isinstance(value, str) else shown(value), length)
