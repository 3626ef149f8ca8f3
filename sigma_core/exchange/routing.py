"""Who gets a message. Pure rules of values."""

from collections.abc import Sequence
from functools import lru_cache

from sigma_core.exchange.arguments import shown
from sigma_core.exchange.payload import OUTSIDE, Payload
from sigma_core.jobs import WORKERS

MAX_NAMED = 5
"""Wrong targets that an error names."""
_SOURCES = (*WORKERS, *OUTSIDE)


def recipients(payload: Payload, source: str, targets: Sequence[str] | None = None) -> tuple[str, ...]:
    """The inboxes it goes to: the named targets, else those the payload is for; never its source."""
    return _others(tuple(payload.audience() if targets is None else targets), source)


@lru_cache(1000)
def _others(chosen: tuple[str, ...], source: str) -> tuple[str, ...]:
    return tuple(worker for worker in WORKERS if worker in chosen and worker != source)


def misaddressed(source: object, targets: object) -> dict[str, str]:
    """What is wrong with the addresses, by field; empty when nothing is."""
    wrong = {}
    if source not in _SOURCES:
        wrong["source"] = f"{shown(source)} is neither a worker nor {' nor '.join(OUTSIDE)}"
    if targets is not None:
        wrong |= _bad_targets(targets)
    return wrong


def _bad_targets(targets: object) -> dict[str, str]:
    if not isinstance(targets, list | tuple) or not targets:
        return {"targets": "must be a list that names at least one worker"}
    if strangers := [target for target in targets if target not in WORKERS]:
        named = ", ".join(map(shown, strangers[:MAX_NAMED]))
        return {"targets": f"{named}: no such worker; there are {', '.join(WORKERS)}"}
    return {}
