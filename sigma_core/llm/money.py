"""Money as integers: nano-USD, a thousand-millionth of a dollar."""

from decimal import ROUND_HALF_EVEN, Decimal, InvalidOperation

from sigma_core.errors import Invalid
from sigma_core.formatting import NANO

_MOST_USD = 1_000_000


def nano_usd(usd: Decimal) -> int:
    """Dollars as nano-USD, rounded once."""
    return int((usd * NANO).to_integral_value(ROUND_HALF_EVEN))


def read_usd(field: str, text: str) -> int:
    """An amount in dollars as a person writes it, in nano-USD. Raises `Invalid` naming the field."""
    try:
        usd = Decimal(text.strip().removeprefix("$"))
    except InvalidOperation:
        raise Invalid({field: f"{text!r} is no amount in dollars, like 2.50"}) from None
    if not usd.is_finite() or not 0 <= usd <= _MOST_USD:
        raise Invalid({field: f"must be 0 to {_MOST_USD} dollars"})
    return nano_usd(usd)
