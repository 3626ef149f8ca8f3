"""What becomes of deliveries whose recipient fell silent, and of those put off."""

from datetime import datetime

from sqlmodel import Session

from sigma_core.exchange.statements import GIVE_UP_SILENT, OVERDUE, PUT_BACK
from sigma_core.prepared import moment


def return_overdue(session: Session, worker: str, attempts: int, now: datetime) -> None:
    """Put the worker's overdue deliveries back into its inbox, at their old place.

    Those received `attempts` times without an answer are dead: their recipient died of them, or never finished.
    """
    at = moment(session, now)
    ids = [id_ for (id_,) in OVERDUE.rows(session, {"worker": worker, "moment": at})]
    if ids:
        reason = f"received {attempts} times and never acknowledged"
        GIVE_UP_SILENT.run(session, {"ids": ids, "most": attempts, "moment": at, "reason": reason})
        PUT_BACK.run(session, {"ids": ids})
