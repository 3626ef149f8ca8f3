"""Evidence that another process measures: ask, wait, read."""

import secrets
import time
from collections.abc import Callable, Mapping, Sequence
from typing import Protocol

from sigma_core.errors import Cancelled, Retryable, Unavailable
from sigma_core.projects.tables import Project
from sigma_core.proposals.evidence import Evidence
from sigma_core.proposals.handing_over.orders import Orders
from sigma_core.proposals.handing_over.tables import VerificationOrder
from sigma_core.proposals.verification.patch import Change

LOOK_S = 0.5
"""How often who waits looks for the answer."""


class Engine(Protocol):
    """Brings orders to processes that serve them. All it is told of one is its number."""

    def hand(self, order_id: int) -> int:
        """Queue it; the number of the job."""

    def is_under_way(self, job: int) -> bool:
        """Whether it waits for a slot, or has one."""

    def cancel(self, job: int) -> None:
        """Take it from the queue, or ask whoever has it to stop."""

    def serving(self) -> int:
        """How many processes serve orders now."""


class HandedOver:
    """An `EvidenceSource`. Who waits goes on holding its lease, so that no more is asked for than cycles may run."""

    def __init__(self, orders: Orders, engine: Engine) -> None:
        self._orders, self._engine = orders, engine

    def verify(
        self,
        project: Project,
        changes: Sequence[Change],
        *,
        progress: Callable[[str], None],
        cancelled: Callable[[], bool],
    ) -> Mapping[int, Evidence]:
        """The evidence for each change, by proposal id. What a predecessor asked for, and nobody has read, is joined.

        Raises `Cancelled`, and `Unavailable` with the other process's reason where it could not be measured.
        """
        asked_by = secrets.token_hex(8)
        order_id = self._orders.ask(project.id or 0, changes, asked_by)
        try:
            return self._answer(order_id, asked_by, progress, cancelled)
        except Cancelled:
            self._call_off(order_id, asked_by)
            raise

    def _answer(
        self, order_id: int, asked_by: str, progress: Callable[[str], None], cancelled: Callable[[], bool]
    ) -> Mapping[int, Evidence]:
        said = ""
        while True:
            order = self._orders.look(order_id, asked_by)
            if order is None:
                raise Retryable("The same changes are being verified for somebody else at this moment.", after_s=5)
            if order.answered_at is not None:
                self._orders.drop(order_id, asked_by)
                return _read(order)
            if order.job is None or not self._engine.is_under_way(order.job):
                self._orders.handed(order_id, asked_by, self._engine.hand(order_id))
            if (now := self._progress_sentence(order)) != said:
                progress(said := now)
            if cancelled():
                raise Cancelled("The verification was stopped.")
            time.sleep(LOOK_S)

    def _call_off(self, order_id: int, asked_by: str) -> None:
        order = self._orders.look(order_id, asked_by)
        if order is not None and self._orders.drop(order_id, asked_by) and order.job is not None:
            self._engine.cancel(order.job)

    def _progress_sentence(self, order: VerificationOrder) -> str:
        if order.host is not None:
            return f"on {order.host}: {order.progress or 'begins'}"
        if self._engine.serving():
            return "waiting for a host to verify"
        return "waiting for a host to verify; there is none: start `sigma verifier`"


def _read(order: VerificationOrder) -> Mapping[int, Evidence]:
    if order.error:
        raise Unavailable(f"Not verified on {order.host}: {order.error}")
    return {int(key): Evidence.model_validate(each) for key, each in order.evidence.items()}
