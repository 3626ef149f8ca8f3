"""A process that publishes the same knowledge as others at the same moment."""

from datetime import UTC, datetime
from multiprocessing.synchronize import Barrier

from sigma_core.database import Database
from sigma_core.exchange.registry import Registry
from sigma_core.exchange.service import Exchange
from sigma_core.runtime.all_tables import metadata  # noqa: F401 (foreign keys of other rooms)

ROUNDS = 15


def race(url: str, source: str, start: Barrier) -> None:
    """Per round: the same item, one with an origin that all share, and a claim that contradicts half of the others'."""
    database = Database(url)
    exchange = Exchange(database, lambda: datetime.now(UTC), Registry())
    start.wait()
    for number in range(ROUNDS):
        exchange.publish(source, "risk_pattern", _risk(f"same {number}", "high"))
        exchange.publish(source, "risk_pattern", _risk(f"told {number}", "high"), origin=f"note/{number}")
        exchange.publish(source, "risk_pattern", _risk(f"torn {number}", "high" if source < "l" else "low"))
    database.dispose()


def _risk(pattern: str, severity: str) -> dict[str, object]:
    return {"pattern": pattern, "severity": severity, "confidence": 0.5, "context": "race"}
