"""Every error SIGMA raises on purpose.

A door (command line, page, API, runner) translates these once; nothing else catches them wide.
The exit code of the ``sigma`` command for each class is `exit_code`.
"""

from collections.abc import Mapping

LONGEST_KEY = 200
"""Characters that are repeated of what was looked for."""


class SigmaError(Exception):
    """The root. `str(error)` is one clear sentence for a person."""

    exit_code = 1


class Invalid(SigmaError):
    """The input is wrong. `fields` maps each bad field to what is wrong with it."""

    exit_code = 2

    def __init__(self, fields: Mapping[str, str], message: str | None = None) -> None:
        self.fields = dict(fields)
        super().__init__(message or "; ".join(f"{name}: {why}" for name, why in fields.items()))


class NotFound(SigmaError):
    """There is no such thing, or the id is malformed."""

    exit_code = 3

    def __init__(self, what: str, key: object) -> None:
        self.what, self.key = what, key
        told = str(key)
        super().__init__(f"No {what} {told if len(told) <= LONGEST_KEY else f'{told[:LONGEST_KEY]}…'}.")


class Conflict(SigmaError):
    """The state it rests on has changed, or somebody else holds it."""

    exit_code = 4


class Forbidden(SigmaError):
    """A rule refuses it."""

    exit_code = 4


class BudgetExceeded(SigmaError):
    """A budget for model calls is used up."""

    exit_code = 4


class Retryable(SigmaError):
    """It failed now and may work later; `after_s` is the shortest sensible wait in seconds."""

    def __init__(self, message: str, after_s: float = 1.0) -> None:
        self.after_s = after_s
        super().__init__(message)


class Unavailable(SigmaError):
    """A part (model server, sandbox, store) cannot be reached."""


class Disconnected(Unavailable):
    """The database's server ended a connection or takes none: what was in hand may be begun again."""


class Locked(Unavailable):
    """Another process writes to the database for longer than is waited for: nobody can write meanwhile."""


class Cancelled(SigmaError):
    """Somebody asked this run to stop, and it did at a step's boundary."""
