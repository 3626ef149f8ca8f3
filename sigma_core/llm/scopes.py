"""What a budget is for: `day` (every call), `worker:NAME`, `prompt:WORKER/TYPE` or `model:NAME`."""

from dataclasses import dataclass

from sigma_core.errors import Invalid

KINDS = ("worker", "prompt", "model")
EVERYTHING = "day"
LONGEST = 160


@dataclass(frozen=True)
class Charge:
    """A call as far as budgets look at it."""

    worker: str
    prompt: str
    model: str


def check(scope: str) -> str:
    """The scope as it is stored. Raises `Invalid` for what is none."""
    kind, _, name = scope.partition(":")
    fits = scope == EVERYTHING or (kind in KINDS and name.isprintable() and name == name.strip() != "")
    if not fits or len(scope) > LONGEST or (kind == "prompt" and name.count("/") != 1):
        raise Invalid({"scope": f"{scope!r} is none of day, worker:NAME, prompt:WORKER/TYPE, model:NAME"})
    return scope


def covers(scope: str, charge: Charge) -> bool:
    """Whether a call counts against the budget of this scope."""
    kind, _, name = scope.partition(":")
    return scope == EVERYTHING or getattr(charge, kind) == name
