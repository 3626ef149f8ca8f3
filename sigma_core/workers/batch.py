"""Many items one after the other: one that fails is left out and named, the others go on."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

from sqlalchemy.exc import DataError

from sigma_core.errors import BudgetExceeded, Cancelled, Retryable, SigmaError, Unavailable
from sigma_core.text import cut, storable, visible_line

MOST_NAMED = 20
_LONGEST = 500


@dataclass
class LeftOut:
    """The items of a batch that could not be worked off, each with why."""

    named: list[str] = field(default_factory=list)

    @contextmanager
    def one(self, item: str, *raised: type[Exception]) -> Iterator[None]:
        """Work off one item. What concerns all of them (a part that is away, a stop, a budget) is raised, and so is
        what the caller counts by itself (`raised`)."""
        of_all: tuple[type[Exception], ...] = (BudgetExceeded, Cancelled, Retryable, Unavailable, *raised)
        try:
            yield
        except of_all:
            raise
        except (SigmaError, ValueError, LookupError, TypeError, DataError) as error:
            self.named.append(cut(visible_line(storable(f"{item}: {error}")), _LONGEST))

    @property
    def figures(self) -> dict[str, list[str]]:
        """The first of them, for a report; nothing where all went well."""
        rest = len(self.named) - MOST_NAMED
        more = [f"and {rest} more"] if rest > 0 else []
        return {"left_out": [*self.named[:MOST_NAMED], *more]} if self.named else {}
