"""What goes wrong in the demonstration: contradictions, letters that nobody could use, a repository that is away."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from sigma_core.exchange.payload import ConflictStrategy
from sigma_core.exchange.service import Exchange
from sigma_core.exchange.types import RiskPattern
from sigma_core.runtime.system import System

LETTERS = 3
WORKER = "think"


def contradict(system: System, project_id: int, pattern: str) -> None:
    """Two workers say of one kind of change what cannot both be true, and a person is to say who is right."""
    exchange = Exchange(
        system.database,
        system.clock,
        system.exchange.service.registry,
        strategies={RiskPattern.name: ConflictStrategy.MANUAL},
    )
    for source, severity in (("think", "error"), ("learning", "info")):
        seen = {"seen": "while reviewing fixes of the last days"}
        risk = RiskPattern(pattern=pattern, severity=severity, confidence=0.8, context=seen)
        exchange.publish(source, risk, project_id=project_id)


def lose_letters(system: System) -> None:
    """A worker fails on its messages until they are given up."""
    exchange = system.exchange.service
    for number in range(LETTERS):
        context = {"ticket": f"OPS-{number + 17}"}
        risk = RiskPattern(pattern=f"hand-written fix {number}", severity="warning", confidence=0.6, context=context)
        exchange.publish("operator", risk, targets=[WORKER])
    for _ in range(system.settings.delivery_attempts):
        for message in exchange.receive(WORKER, LETTERS):
            exchange.reject(WORKER, message, f"KeyError: 'rule' (while {WORKER} integrated it)")


@contextmanager
def away(place: Path) -> Iterator[None]:
    """A repository on a disk that is not mounted."""
    hidden = place.with_name(f".{place.name}")
    place.rename(hidden)
    try:
        yield
    finally:
        hidden.rename(place)
