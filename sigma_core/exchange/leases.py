"""What becomes of deliveries whose recipient fell silent, and of those put off."""

from datetime import datetime

from sqlmodel import Session

from sigma_core.exchange.statements import GIVE_UP_SILENT, OVERDUE, PUT_BACK


def return_overdue(session: Session, worker: str, attempts: int, now: datetime) -> None:
    """Put the worker's overdue deliveries back into its inbox, at their old place.

    Those received `attempts` times without an answer are dead: their recipient died of them, or never finished.
    """
    ids = session.execute(OVERDUE, {"worker": worker, "moment": now}).scalars().all()
    if ids:
        reason = f"received {attempts} times and never acknowledged"
        session.execute(GIVE_UP_SILENT, {"ids": ids, "most": attempts, "moment": now, "reason": reason})
        session.execute(PUT_BACK, {"ids": ids})
