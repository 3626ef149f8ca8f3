"""What is written down before an experiment begins, and what is known of its arms."""

from dataclasses import asdict, dataclass, field
from typing import Any

from sigma_core.errors import Invalid
from sigma_core.experiments.judgement import Question
from sigma_core.experiments.tunables import AnyTunable, Setting
from sigma_core.prompts.sequential import Arm

MOST_CANDIDATES = 4


@dataclass(frozen=True)
class TrialBudget:
    """What the candidates' units may cost together. None: no bound."""

    calls: int | None = 5000
    usd: float | None = 5.0
    seconds: float | None = None

    def used_up(self, spent: "TrialCost") -> str | None:
        """What of it is used up, in words."""
        figures = (
            ("calls", spent.calls, self.calls),
            ("USD", spent.nano_usd / 1e9, self.usd),
            ("seconds", spent.seconds, self.seconds),
        )
        over = (f"{used:g} of {most:g} {what}" for what, used, most in figures if most is not None and used >= most > 0)
        return next(over, None)


@dataclass(frozen=True)
class TrialCost:
    """What units have cost."""

    calls: int = 0
    nano_usd: int = 0
    seconds: float = 0.0


@dataclass(frozen=True)
class TrialTerms:
    """By what an experiment is judged. `direction`: whether a larger share of the outcome is better (up) or worse."""

    outcome: str
    direction: str = "up"
    minimal_effect: float = 0.05
    """A smaller improvement is not worth a change."""
    sample_size: int = 400
    """Units after which no difference worth having counts as none."""
    budget: TrialBudget = field(default_factory=TrialBudget)

    @classmethod
    def of(cls, document: dict[str, Any]) -> "TrialTerms":
        """As an experiment keeps them."""
        names = ("outcome", "direction", "minimal_effect", "sample_size")
        return cls(**{name: document[name] for name in names}, budget=TrialBudget(**document["budget"]))

    def good_share(self, outcome: float | None) -> float | None:
        """How much of an outcome counts as good."""
        return outcome if outcome is None or self.direction == "up" else 1 - outcome

    def document(self) -> dict[str, Any]:
        """The same for an experiment to keep."""
        return asdict(self)

    def check(self, tunable: AnyTunable) -> None:
        """Raises `Invalid`, naming each field."""
        wrong = {}
        if self.outcome not in tunable.outcomes:
            wrong["outcome"] = f"is one of {', '.join(tunable.outcomes)}"
        if self.direction not in ("up", "down"):
            wrong["direction"] = "is up or down"
        if not 0 < self.minimal_effect < 1:
            wrong["minimal_effect"] = "is not between 0 and 1"
        if not 20 <= self.sample_size <= 5000:
            wrong["sample_size"] = "is not in 20 to 5000"
        if wrong:
            raise Invalid(wrong)


@dataclass(frozen=True)
class TrialPlan:
    """An experiment as somebody proposes it. `settings`: the candidates."""

    tunable: str
    settings: tuple[Setting, ...]
    hypothesis: str
    terms: TrialTerms


def arm_document(setting: Setting) -> dict[str, Any]:
    """An arm before its first unit, as an experiment keeps it."""
    return {"setting": setting, "good": 0, "n": 0, "better": 0.0, "worse": 0.0, "stopped": False}


def arm_of(document: dict[str, Any]) -> Arm:
    """The outcomes of an arm."""
    return Arm(document["good"], document["n"] - document["good"])


QUESTIONS: tuple[Question, ...] = ("better", "worse")
