"""What every knowledge type is made of: the base class and the kinds of fields."""

from collections.abc import Mapping
from enum import StrEnum
from typing import Annotated, Any, ClassVar

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, StringConstraints, WithJsonSchema

from sigma_core.exchange.detail import check_detail, check_text
from sigma_core.graph.facts import Entity, Fact

OUTSIDE = ("operator", "integrator")
"""Sources without an inbox: people, and programs that use the command or the API."""

HOUR_S = 3600.0
DAY_S = 24 * HOUR_S
ARCHIVE_AFTER_S = 30 * DAY_S
EXPIRES_AFTER_DECAYS = 7
MAX_LABEL, MOST_PLACES = 400, 20


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
Text = Annotated[str, StringConstraints(min_length=1, max_length=8000), AfterValidator(check_text)]
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
