"""Receipts: which delivery, under which lease."""

from collections import defaultdict
from collections.abc import Iterable
from typing import NamedTuple

from sigma_core.errors import Invalid


class Receipt(NamedTuple):
    """A delivery and the token of the lease it was received under."""

    delivery_id: int
    token: str

    def __str__(self) -> str:
        return f"{self.delivery_id}.{self.token}"

    @classmethod
    def parse(cls, text: str) -> "Receipt":
        """Read it back. Raises `Invalid`."""
        number, dot, token = text.partition(".")
        if not (dot and token and number.isascii() and number.isdecimal() and len(number) < 19):
            raise Invalid({"receipt": f"{text[:60]!r} is not a receipt"})
        return cls(int(number), token)


def by_token(receipts: Iterable[Receipt]) -> dict[str, set[int]]:
    """Delivery ids under each lease."""
    groups: defaultdict[str, set[int]] = defaultdict(set)
    for delivery_id, token in receipts:
        groups[token].add(delivery_id)
    return dict(groups)
