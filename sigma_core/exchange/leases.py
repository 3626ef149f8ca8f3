"""Holds on deliveries: leased to their recipient or put off, until they are settled or the time is over."""

import json
from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import Connection

from sigma_core.exchange.statements import GIVE_UP_SILENT, HOLD, HOLD_OVER, LET_GO, LET_SOME_GO, OVERDUE, PUT_BACK
from sigma_core.prepared import moment


def hold(connection: Connection, worker: str, token: str, ids: Sequence[int], until: datetime) -> None:
    """Let these come back at `until`, unless they are let go before."""
    due_at = moment(connection, until)
    deliveries = json.dumps(ids)
    HOLD.run(
        connection,
        {"token": token, "recipient": worker, "due_at": due_at, "deliveries": deliveries, "held": len(ids)},
    )


def let_go(connection: Connection, token: str, count: int) -> None:
    """So many of them are settled."""
    if not LET_GO.run(connection, {"token": token, "count": count}):
        LET_SOME_GO.run(connection, {"token": token, "count": count})


def return_overdue(connection: Connection, worker: str, attempts: int, now: datetime) -> None:
    """Put the worker's overdue deliveries back into its inbox, at their old place.

    Those received `attempts` times without an answer are dead: their recipient died of them, or never finished.
    """
    at = moment(connection, now)
    for token, deliveries in OVERDUE.rows(connection, {"worker": worker, "moment": at}):
        ids = json.loads(deliveries) if isinstance(deliveries, str) else deliveries
        reason = f"received {attempts} times and never acknowledged"
        held = {"ids": ids, "token": token}
        GIVE_UP_SILENT.run(connection, {**held, "most": attempts, "moment": at, "reason": reason})
        PUT_BACK.run(connection, held)
        HOLD_OVER.run(connection, {"token": token})
