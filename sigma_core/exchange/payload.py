"""What every knowledge type is made of: the base class, and the kinds of fields with their bounds.

An open field holds plain JSON that any database can hold.
"""

import math
from collections.abc import Iterator, Mapping
from enum import StrEnum
from typing import Annotated, Any, ClassVar

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    StringConstraints,
    ValidationInfo,
    WithJsonSchema,
)

from sigma_core.graph.facts import Entity, Fact
from sigma_core.text import why_unstorable

OUTSIDE = ("operator", "integrator")
"""Sources without an inbox: people, and programs that use the command or the API."""
HOUR_S = 3600.0
DAY_S = 24 * HOUR_S
ARCHIVE_AFTER_S = 30 * DAY_S
EXPIRES_AFTER_DECAYS = 7
MAX_LABEL, MOST_PLACES = 400, 20
MAX_DEPTH = 8
MAX_VALUES = 2000
MAX_TEXT = 8000
MAX_WHOLE_NUMBER = 2**53
"""Beyond it JSON readers disagree about a number's value."""
STORED = {"stored": True}
"""Validation context of what was checked when it was published."""


def check_text(value: str, info: ValidationInfo) -> str:
    """The text itself. Raises ValueError for blank text, NUL and unpaired surrogates."""
    if info.context is STORED:
        return value
    return _checked_text(value)


def _checked_text(value: str) -> str:
    if not value.strip():
        raise ValueError("must not be blank")
    _storable(value)
    return value


def check_detail(value: object, info: ValidationInfo) -> object:
    """The value itself. Raises ValueError where it is not text, a number, or bounded JSON."""
    if info.context is STORED:
        return value
    if value is None or isinstance(value, bool):
        raise ValueError("must be text, a number, a list or an object")
    if isinstance(value, str):
        return _checked_text(value)
    _walk(value)
    return value


def _walk(root: object) -> None:
    pending = [(root, 1)]
    seen = 0
    while pending:
        value, depth = pending.pop()
        seen += 1
        if depth > MAX_DEPTH:
            message = f"is nested more than {MAX_DEPTH} levels deep"
            raise ValueError(message)
        if seen > MAX_VALUES:
            message = f"holds more than {MAX_VALUES} values"
            raise ValueError(message)
        pending.extend((child, depth + 1) for child in _children(value))


def _children(value: object) -> Iterator[object]:
    match value:
        case None | bool():
            return
        case str():
            _storable(value)
        case int() | float():
            _finite(value)
        case list() | tuple():
            yield from value
        case dict():
            for key, child in value.items():
                if not isinstance(key, str):
                    raise ValueError("has a key that is not text")  # noqa: TRY004 (pydantic collects ValueErrors)
                _storable(key)
                yield child
        case _:
            message = f"holds a {type(value).__name__}, which is not JSON"
            raise ValueError(message)


def _storable(value: str) -> None:
    if len(value) > MAX_TEXT:
        message = f"holds a text longer than {MAX_TEXT} characters"
        raise ValueError(message)
    if why := why_unstorable(value):
        raise ValueError(why)


def _finite(value: float) -> None:
    if isinstance(value, float) and not math.isfinite(value):
        raise ValueError("holds a number that is not finite")
    if isinstance(value, int) and abs(value) > MAX_WHOLE_NUMBER:
        message = f"holds a whole number beyond ±{MAX_WHOLE_NUMBER}"
        raise ValueError(message)


class Propagation(StrEnum):
    """Who gets a message that names no targets."""

    BROADCAST = "broadcast"
    """Every interested worker."""
    MULTICAST = "multicast"
    """Some of them, by content: see `Payload.audience`."""


class Persistence(StrEnum):
    """How long an item lives."""

    SHORT = "short"
    """Expires after seven decay times."""
    MEDIUM = "medium"
    """Archived once a fresher copy or 30 days come."""
    LONG = "long"
    """Kept."""


class ConflictStrategy(StrEnum):
    """Which of two contradicting items stands."""

    NEWEST = "newest"
    HIGHEST_CONFIDENCE = "highest_confidence"
    EVIDENCE_WEIGHTED = "evidence_weighted"
    MANUAL = "manual"
    """Both stand until a person decides."""


def _reference(value: object) -> object:
    """Ids may be given as numbers; they are kept as text."""
    return str(value) if isinstance(value, int) and not isinstance(value, bool) else value


Label = Annotated[str, StringConstraints(min_length=1, max_length=MAX_LABEL), AfterValidator(check_text)]
"""A short name: of a pattern, a rule, a severity."""
Text = Annotated[str, StringConstraints(min_length=1, max_length=MAX_TEXT), AfterValidator(check_text)]
"""Free text for people."""
Reference = Annotated[Label, BeforeValidator(_reference)]
"""The id or name of something else; a whole number is taken as its text."""
Places = Annotated[list[Label], Field(max_length=MOST_PLACES)]
"""Where in the project's code it is: `path`, or `path:qualified.name`."""
Fraction = Annotated[float, Field(ge=0, le=1)]
"""0 to 1."""
Detail = Annotated[
    Any,
    BeforeValidator(check_detail),
    WithJsonSchema({"type": ["string", "number", "array", "object"], "description": "Text, or JSON."}),
]
"""Text, a number, or JSON of bounded depth."""


class Payload(BaseModel):
    """One type of knowledge. A subclass, registered once, is all that a new type needs.

    Routing, duplicates, conflicts, freshness, retention, forms and documentation follow from the class attributes.
    """

    model_config = ConfigDict(frozen=True, strict=True, extra="forbid", allow_inf_nan=False)

    name: ClassVar[str]
    """The type's name on the wire."""
    recipients: ClassVar[tuple[str, ...]]
    """Workers interested in it."""
    propagation: ClassVar[Propagation] = Propagation.BROADCAST
    persistence: ClassVar[Persistence] = Persistence.LONG
    decay_s: ClassVar[float]
    """The e-folding time of its freshness, seconds."""
    validation_required: ClassVar[bool] = True
    """Each acceptance is entered in the validation ledger; refusals always are."""
    subject: ClassVar[tuple[str, ...]] = ()
    """Fields that say what it is about."""
    claim: ClassVar[tuple[str, ...]] = ()
    """Fields in which two items of one subject contradict each other; none: they never do."""
    volatile: ClassVar[tuple[str, ...]] = ()
    """Fields in which repetitions of the same knowledge may differ."""
    prose: ClassVar[tuple[str, ...]] = ()
    """Fields of free text or JSON in which the same knowledge may be worded otherwise; see `digests`."""
    conflict: ClassVar[ConflictStrategy] = ConflictStrategy.EVIDENCE_WEIGHTED

    def audience(self) -> tuple[str, ...]:
        """The workers this very message is for, unless it names its targets."""
        return self.recipients

    def facts(self) -> tuple[Fact, ...]:
        """What it says of entities, for the graph. Names of entities must not rest on volatile fields.

        An entity is something in its own right: a verdict, a severity or a score is an attribute of a fact.
        """
        return ()

    def entities(self) -> tuple[Entity, ...]:
        """What it is about, where no fact leads from that to anything else."""
        return ()

    def certainty(self) -> float:
        """How sure the source is, 0–1; 1 for types that don't say."""
        value = getattr(self, "confidence", 1.0)
        return float(value)

    @classmethod
    def makes_claim(cls, data: Mapping[str, Any]) -> bool:  # noqa: ARG003 (those of a type may differ)
        """Whether an item of these fields says anything that another could contradict, where its type names a claim."""
        return True

    @classmethod
    def life_s(cls) -> float | None:
        """Seconds an unconfirmed item lives; None: for ever."""
        if cls.persistence is Persistence.SHORT:
            return EXPIRES_AFTER_DECAYS * cls.decay_s
        return ARCHIVE_AFTER_S if cls.persistence is Persistence.MEDIUM else None
