"""Receipts: which delivery, under which lease."""

from collections import defaultdict
from collections.abc import Iterable
from typing import NamedTuple

from sigma_core.errors import Invalid
from sigma_core.exchange.arguments import shown

MAX_TOKEN = 40


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


def by_token(receipts: Iterable[Receipt]) -> dict[str, set[int]]:
    """Delivery ids under each lease."""
    groups: defaultdict[str, set[int]] = defaultdict(set)
    for delivery_id, token in receipts:
        groups[token].add(delivery_id)
    return dict(groups)
