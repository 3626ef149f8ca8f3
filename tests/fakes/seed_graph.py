"""A believable graph: what the seeded knowledge says, and facts of a shop that came and went over a month."""

from datetime import datetime, timedelta

from sigma_core.graph.imported import FactLine, Line
from sigma_core.runtime.system import System

HOSTILE = "<img src=x onerror=alert(2)> {b} :red[x]"
FACTS: tuple[tuple[float, float | None, str, str, str, str], ...] = (
    (30, None, "shop/orders.py", "BREAKS_RULE", "S608", "shop/orders.py builds SQL by string formatting"),
    (30, 6, "shop/cart.py", "BREAKS_RULE", "B006", "shop/cart.py shares one default list between carts"),
    (29, None, "shop/payment.py", "BREAKS_RULE", "PLR0912", "shop/payment.py has a function with 19 branches"),
    (28, None, "shop/payment.py", "CALLS", "shop/orders.py", "Payment asks for an order before it charges"),
    (28, None, "shop/cart.py", "CALLS", "shop/prices.py", "A cart adds up prices"),
    (27, 12, "shop/prices.py", "BREAKS_RULE", "BLE001", "shop/prices.py catches everything and goes on"),
    (26, None, "shop/orders.py", "CALLS", "shop/store.py", "Orders are kept in the store"),
    (25, None, "shop/report.py", "CALLS", "shop/store.py", "Reports read the store"),
    (21, None, "shop/report.py", "BREAKS_RULE", "S608", "shop/report.py builds SQL by string formatting"),
    (20, 9, "nightly export", "CALLS", "shop/report.py", "The nightly export runs the report"),
    (12, None, "Narrow except", "FIXES", "BLE001", "Catching the one error that is meant fixed BLE001"),
    (11, None, "Narrow except", "APPLIED_TO", "shop/prices.py", "The narrow except went into shop/prices.py"),
    (6, None, "Default made inside the function", "APPLIED_TO", "shop/cart.py", "The fix of B006 went into the cart"),
    (5, None, "Bound parameters", "FIXES", "S608", "Binding values instead of formatting them fixes S608"),
    (4, 2, "Bound parameters", "APPLIED_TO", "shop/report.py", "Bound parameters went into the report, then out again"),
    (3, None, HOSTILE, "SEEN_IN", "shop/report.py", f"A hostile name: {HOSTILE}"),
    (1, None, "shop/orders.py", "OWNED_BY", "checkout team", "The checkout team looks after orders"),
    (1, None, "shop/payment.py", "OWNED_BY", "checkout team", "The checkout team looks after payment"),
)
"""Days since it began, days since it ended, subject, predicate, object, sentence."""


def lines(now: datetime) -> list[tuple[Line, int | None]]:
    """The facts as lines of an import."""
    return [
        (
            FactLine(
                subject=subject,
                predicate=predicate,
                object=object_,
                fact=said,
                valid_at=now - timedelta(days=begun),
                invalid_at=None if ended is None else now - timedelta(days=ended),
            ),
            1,
        )
        for begun, ended, subject, predicate, object_, said in FACTS
    ]


def seed_graph(system: System) -> None:
    """Fill the graph of a seeded home."""
    system.graph.loader.take_in(lines(system.clock()))
    system.graph.loader.rebuild()
