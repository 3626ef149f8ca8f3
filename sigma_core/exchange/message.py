"""What goes into the exchange and what comes out of it."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any, NamedTuple

from sigma_core.errors import Invalid
from sigma_core.exchange.arguments import shown
from sigma_core.exchange.freshness import freshness
from sigma_core.exchange.payload import Payload

MAX_TOKEN = 40


class Urgency(StrEnum):
    """High is delivered first; normal and low together, by age."""

    LOW = "low"
    NORMAL = "normal"
    HIGH = "high"


RANKS = {Urgency.HIGH.value: 0, Urgency.NORMAL.value: 1, Urgency.LOW.value: 1}
"""Place in an inbox by urgency, smaller first."""


class DeliveryState(StrEnum):
    """Where a recipient's copy is in its life."""

    READY = "ready"
    LEASED = "leased"
    """Received, not acknowledged yet."""
    WAITING = "waiting"
    """Rejected by its recipient, comes back later."""
    DONE = "done"
    DEAD = "dead"
    """Failed too often; kept with its error, can be replayed."""
    WITHDRAWN = "withdrawn"
    """Not delivered yet when the item lost a conflict; comes back if that is overturned."""


class ValidationStatus(StrEnum):
    """Whether an item stands."""

    VALID = "valid"
    CONTRADICTED = "contradicted"
    """It has lost a conflict."""


class Draft(NamedTuple):
    """A message to publish: a payload object, or a type's name and its raw `payload`.

    `origin` names the finding it tells of, as noun and id (``issue/12``): a finding is published once, however often
    it is handed in. Without `targets` the type's propagation decides.
    """

    source: str
    knowledge: Payload | str
    payload: object = None
    urgency: str = Urgency.NORMAL
    targets: Sequence[str] | None = None
    origin: str | None = None
    project_id: int | None = None
    run_id: int | None = None


class Published(NamedTuple):
    """What became of it. `recipients` are those whose inbox got the item, now or (a duplicate) before."""

    message_id: int
    recipients: tuple[str, ...]
    duplicate: bool


class Receipt(NamedTuple):
    """A delivery and the token of the lease it was received under."""

    delivery_id: int
    token: str

    def __str__(self) -> str:
        return f"{self.delivery_id}.{self.token}"

    @classmethod
    def parse(cls, text: object) -> "Receipt":
        """Read it back. Raises `Invalid`."""
        number, _, token = text.partition(".") if isinstance(text, str) else ("", "", "")
        fits = token.isascii() and token.isalnum() and len(token) <= MAX_TOKEN
        if not (fits and number.isascii() and number.isdecimal() and len(number) < 19):
            raise Invalid({"receipt": f"{shown(text)} is not a receipt"})
        return cls(int(number), token)


class Message(NamedTuple):
    """One item in its recipient's hands, until its lease (named by `token`) ends."""

    message_id: int
    delivery_id: int
    token: str
    type: str
    payload: Payload
    source: str
    urgency: str
    attempts: int
    evidence_count: int
    project_id: int | None
    created_at: datetime
    refreshed_at: datetime
    received_at: datetime

    @property
    def receipt(self) -> str:
        """What acknowledging takes, as text."""
        return str(Receipt(self.delivery_id, self.token))

    @property
    def freshness(self) -> float:
        """At the moment it was received, 0–1."""
        return freshness(self.refreshed_at, self.received_at, self.payload.decay_s)

    def shown(self) -> dict[str, Any]:
        """All of it as plain values, for programs."""
        hidden = {"token", "refreshed_at", "received_at"}
        fields = {name: value for name, value in self._asdict().items() if name not in hidden}
        return fields | {"receipt": self.receipt, "freshness": self.freshness, "payload": self.payload.model_dump()}


@dataclass(frozen=True)
class DeadLetter:
    """A delivery given up after its last attempt, and why."""

    delivery_id: int
    message_id: int
    recipient: str
    type: str
    attempts: int
    error: str
    died_at: datetime


def by_token(received: Iterable[Message | str]) -> dict[str, set[int]]:
    """Delivery ids under each lease. Raises `Invalid` for what is neither a message nor a receipt."""
    groups: defaultdict[str, set[int]] = defaultdict(set)
    for one in received:
        delivery = one if type(one) is Message else Receipt.parse(one)
        groups[delivery.token].add(delivery.delivery_id)
    return groups
