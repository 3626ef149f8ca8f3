"""Processes that serve verifications, to be killed, and the journal that tells what each of them did."""

import os
import signal
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from fakes.evidence import GOOD

from sigma_core.clock import utc_now
from sigma_core.database import Database
from sigma_core.errors import Cancelled
from sigma_core.projects.service import Projects
from sigma_core.projects.tables import Project
from sigma_core.proposals.evidence import Evidence
from sigma_core.proposals.handing_over.order_service import OrderService
from sigma_core.proposals.handing_over.orders import Orders
from sigma_core.proposals.handing_over.procrastinate_queue import ProcrastinateQueue, Serving
from sigma_core.proposals.service import Proposals
from sigma_core.proposals.verification.patch import Change


@dataclass(frozen=True)
class VerifyingHost:
    """What such a process is told. A verification lasts until the file `gate` is there."""

    url: str
    folder: Path
    slots: int = 1
    lease_s: float = 3
    attempts: int = 3

    @property
    def gate(self) -> Path:
        return self.folder / "gate"

    def journal(self, event: str) -> list[tuple[int, int]]:
        """(process, proposal) of all that began, ended or stopped."""
        lines = [each.split() for each in (self.folder / "journal").read_text().splitlines()]
        return [(int(pid), int(proposal)) for said, pid, proposal in lines if said == event]

    def orders(self, database: Database) -> Orders:
        return Orders(database, 600)


class Gated:
    """Evidence that nothing speaks against, as soon as the gate is open."""

    def __init__(self, host: VerifyingHost) -> None:
        self._host = host

    def verify(
        self,
        project: Project,
        changes: Sequence[Change],
        *,
        progress: Callable[[str], None],
        cancelled: Callable[[], bool],
    ) -> Mapping[int, Evidence]:
        assert project.name == "shop"
        self._note("began", changes)
        progress("running the tests")
        while not self._host.gate.exists():
            if cancelled():
                self._note("stopped", changes)
                raise Cancelled("stopped")
            time.sleep(0.02)
        self._note("ended", changes)
        return {
            each.proposal_id: GOOD.model_copy(update={"base_commit": each.base_commit, "diff_sha256": each.diff})
            for each in changes
        }

    def _note(self, event: str, changes: Sequence[Change]) -> None:
        descriptor = os.open(self._host.folder / "journal", os.O_WRONLY | os.O_APPEND | os.O_CREAT)
        os.write(descriptor, f"{event} {os.getpid()} {changes[0].proposal_id}\n".encode())
        os.close(descriptor)


def serve(host: VerifyingHost) -> None:
    """The whole life of the process."""
    database, stop = Database(host.url), threading.Event()
    signal.signal(signal.SIGTERM, lambda *_: stop.set())
    projects = Projects(database, utc_now, host.folder, lambda *_: "")
    order_service = OrderService(host.orders(database), projects, Proposals(database, utc_now, projects), Gated(host))
    serving = Serving(host.slots, host.lease_s, host.lease_s / 5, grace_s=0, attempts=host.attempts)
    ProcrastinateQueue(host.url, host.lease_s).serve(serving, order_service.answer, order_service.give_up, stop)
