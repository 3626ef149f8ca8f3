"""What a benchmark asks of a queue, and the message it carries."""

import json
from typing import Protocol

CONSUMERS = ("dream", "think", "learning", "recall", "dreamer")
DETAIL = "x" * 200


class Peer(Protocol):
    """A queue that delivers each message to five consumers."""

    name: str
    note: str
    """What it does and does not do, in a few words."""

    def publish(self, batch: int) -> None:
        """`batch` new messages; at once, where it can."""

    def consume(self, batch: int) -> int:
        """Each consumer takes and acknowledges up to `batch`; how many deliveries that were."""


def payload(number: int) -> dict[str, object]:
    """About 270 bytes as JSON, unlike any other."""
    return {"issue_type": "F401", "improvement": 0.5, "pattern": f"p{number}", "fix_details": DETAIL}


def text(number: int) -> str:
    """The payload as JSON."""
    return json.dumps(payload(number))
