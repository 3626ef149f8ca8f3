"""One act on many things: each for itself, so that what refuses one of them keeps no other from being done."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass

from sigma_core.errors import Invalid, SigmaError


@dataclass(frozen=True)
class BulkOutcome:
    """Whom it was done to, and what refused the others."""

    done: Sequence[int]
    refused: Mapping[int, str]


def on_each(ids: Iterable[int], act: Callable[[int], object]) -> BulkOutcome:
    """Do it to one after the other. Raises what refuses all of them for one reason: that is the request's fault."""
    done: list[int] = []
    refused: dict[int, SigmaError] = {}
    for id_ in ids:
        try:
            act(id_)
        except SigmaError as error:
            refused[id_] = error
        else:
            done.append(id_)
    invalid = next((error for error in refused.values() if isinstance(error, Invalid)), None)
    if invalid is not None and not done and len({str(error) for error in refused.values()}) == 1:
        raise invalid
    return BulkOutcome(done, {id_: str(error).rstrip(".") for id_, error in refused.items()})
