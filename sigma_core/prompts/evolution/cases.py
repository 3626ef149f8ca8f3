"""What a prompt is measured by: its tests and how its answers ended, split once before anything is asked."""

import hashlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sigma_core.errors import Forbidden
from sigma_core.llm.model import UnderCare
from sigma_core.prompts.assertions.base import Assertion
from sigma_core.prompts.assertions.registry import problem
from sigma_core.prompts.test_cases import PromptTestCase
from sigma_core.prompts.test_result import Reply

FEWEST = 2
"""Cases of each part."""


@dataclass(frozen=True)
class CaseGrade:
    """How good an answer is, 0–1, and what is wrong with it."""

    score: float
    problem: str = ""


@dataclass(frozen=True)
class EvolutionCase:
    """Values to ask with, and a judgement of the answer.

    `told` is what a reflection may read of it: of a test its inputs, of a project's text nothing.
    """

    name: str
    inputs: Mapping[str, Any]
    grade: Callable[[Reply], CaseGrade]
    view: str | None = None
    project: UnderCare | None = None
    told: Mapping[str, Any] | None = None
    calls: int = 1
    """Model calls that it takes: one, and one for each demand that a model grades."""


@dataclass(frozen=True)
class CaseSplit:
    """Cases to learn from, to choose by, and to report on. What is reported on is asked once, at the end."""

    training: Sequence[EvolutionCase]
    validation: Sequence[EvolutionCase]
    held_out: Sequence[EvolutionCase]

    @property
    def sizes(self) -> dict[str, int]:
        """How many there are of each."""
        return {"training": len(self.training), "validation": len(self.validation), "held_out": len(self.held_out)}


def split(cases: Sequence[EvolutionCase], seed: int) -> CaseSplit:
    """Thirds, drawn by the seed and each case's name alone. Raises `Forbidden` for too few of them."""
    if len(cases) < 3 * FEWEST:
        raise Forbidden(
            f"There are {len(cases)} cases to measure a wording by, and it takes {3 * FEWEST} at least: "
            f"add tests (sigma prompt test add)."
        )
    drawn = sorted(cases, key=lambda each: hashlib.sha256(f"{seed}:{each.name}".encode()).digest())
    third = len(drawn) // 3
    return CaseSplit(drawn[2 * third :], drawn[third : 2 * third], drawn[:third])


def case_of(test: PromptTestCase) -> EvolutionCase:
    """A test of the template."""
    return EvolutionCase(
        name=f"test {test.name}",
        inputs=test.inputs,
        grade=lambda reply: graded(test.assertions, reply),
        view=test.view,
        told=test.inputs,
        calls=1 + sum(each.needs_model for each in test.assertions),
    )


def graded(assertions: Sequence[Assertion], reply: Reply) -> CaseGrade:
    """The share of the demands that hold; an answer of the right shape is good where nothing else is demanded."""
    wants_error = any(each.wants_error for each in assertions)
    if reply.error is not None and not wants_error:
        return CaseGrade(0.0, f"failed: {reply.error}"[:500])
    asked = [each for each in assertions if reply.error is None or each.wants_error]
    wrong = [said for each in asked if (said := problem(each, reply))]
    return CaseGrade(1 - len(wrong) / len(assertions) if assertions else 1.0, "; ".join(wrong)[:500])
