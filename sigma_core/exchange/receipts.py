"""Receipts: which delivery, under which lease."""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass

from sigma_core.errors import Invalid
from sigma_core.exchange.arguments import shown

MAX_TOKEN = 40


@dataclass(frozen=True)
class Receipt:
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


def by_token(receipts: Iterable[Receipt]) -> dict[str, list[int]]:
    """Delivery ids under each lease."""
    groups = defaultdict(list)
    for receipt in receipts:
        groups[receipt.token].append(receipt.delivery_id)
    return dict(groups)
