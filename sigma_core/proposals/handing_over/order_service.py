"""The other side: measures what an order names, and writes down what came of it."""

import logging
import socket
from collections.abc import Callable

from sigma_core.errors import Cancelled, Disconnected, SigmaError
from sigma_core.projects.service import Projects
from sigma_core.proposals.handing_over.orders import Orders, digest
from sigma_core.proposals.review import EvidenceSource
from sigma_core.proposals.service import Proposals
from sigma_core.proposals.verification.patch import Change

log = logging.getLogger(__name__)


class OrderService:
    """Verifies here what others ask for. An order holds no diff and no evidence that its job could have brought."""

    def __init__(self, orders: Orders, projects: Projects, proposals: Proposals, verifier: EvidenceSource) -> None:
        self._orders, self._projects, self._proposals, self._verifier = orders, projects, proposals, verifier

    def answer(self, order_id: int, cancelled: Callable[[], bool]) -> None:
        """Do it, where it still has to be done. Raises `Cancelled`, and `Disconnected`: then it stays open."""
        order = self._orders.begin(order_id, socket.gethostname())
        if order is None:
            return
        try:
            project = self._projects.get(order.project_id)
            changes = [Change.of(self._proposals.get(each)) for each in order.proposals]
            if digest(order.project_id, changes) != order.digest:
                self._orders.fail(order_id, "the proposals, or the release of SIGMA here, are others than were meant.")
                return
            evidence = self._verifier.verify(
                project, changes, progress=lambda text: self._orders.say(order_id, text), cancelled=cancelled
            )
        except (Cancelled, Disconnected):
            raise
        except SigmaError as error:
            self._orders.fail(order_id, str(error))
        except Exception as error:
            # Who waits has to be told, whatever it is
            log.exception("Order %d could not be verified", order_id)
            self._orders.fail(order_id, f"{type(error).__name__}; the log there tells more.")
        else:
            self._orders.finish(order_id, evidence)

    def give_up(self, order_id: int) -> None:
        """Nobody comes to its end."""
        self._orders.fail(order_id, "each host that began it fell silent.")
