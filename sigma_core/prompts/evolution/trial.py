"""Candidates asked through the model, case by case, within what is allowed: gepa's way into SIGMA."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from sigma_core.errors import BudgetExceeded, Cancelled, Invalid, SigmaError
from sigma_core.llm.model import ModelAnswer, Rendered, UnderCare
from sigma_core.prompts.evolution import reflection
from sigma_core.prompts.evolution.allowance import Allowance
from sigma_core.prompts.evolution.cases import CaseGrade, EvolutionCase
from sigma_core.prompts.evolution.constraints import NO_CANDIDATE, Texts, candidate, texts_of
from sigma_core.prompts.questions import Answered, Questions
from sigma_core.prompts.template import Prompt
from sigma_core.prompts.test_result import Judge, Reply

LABEL = "evolution"
"""The label that its calls are recorded under, so that nobody takes them for work."""
WORKER = "dreamer"
"""In whose name they are made, and within whose budgets."""
MOST_REFUSALS = 20

Tell = Callable[[str], None]
Price = Callable[[ModelAnswer], int | None]


@dataclass(frozen=True)
class CaseTrial:
    """One candidate on one case."""

    case: EvolutionCase
    grade: CaseGrade
    answer: str = ""


@dataclass
class Trials:
    """Asks, grades and counts. `ended` says why nothing more is asked; then whatever is left counts as failed."""

    base: Prompt
    questions: Questions
    allowance: Allowance
    price: Price
    judge: Judge | None
    tell: Tell
    ended: SigmaError | None = None
    refused: list[str] = field(default_factory=list)
    reasons: dict[str, str] = field(default_factory=dict)
    """By text, what it was reworded for."""

    def of(self, texts: Texts, cases: Sequence[EvolutionCase]) -> list[CaseTrial]:
        """A candidate on these cases. One that lost what it must keep is refused before it is asked anything."""
        if dict(texts) == texts_of(self.base.content):
            prompt = self.base.under(LABEL)
        else:
            try:
                prompt = candidate(self.base, texts).under(LABEL)
            except Invalid as error:
                return [CaseTrial(each, CaseGrade(0.0, str(error))) for each in cases]
        return [self._one(prompt, each) for each in cases]

    def reword(self, texts: Texts, part: str, cases: Sequence[Mapping[str, Any]]) -> str:
        """Another wording of a part; `NO_CANDIDATE` where there is none."""
        content = candidate(self.base, texts).content
        try:
            said = self._asked(reflection.question(content, part, cases), None)
        except SigmaError as error:
            self._refuse(f"The reflection failed: {error}")
            return NO_CANDIDATE
        if said is None:
            return NO_CANDIDATE
        text, reason = str(said.data["text"]), str(said.data["reason"])
        try:
            candidate(self.base, {**texts, part: text})
        except Invalid as error:
            self._refuse(str(error))
            return NO_CANDIDATE
        self.reasons[text] = reason
        return text

    def _refuse(self, why: str) -> None:
        if len(self.refused) < MOST_REFUSALS:
            self.refused.append(why[:500])

    def _one(self, prompt: Prompt, case: EvolutionCase) -> CaseTrial:
        try:
            said = self._asked(prompt.render(view=case.view, **case.inputs), case.project)
        except SigmaError as error:
            return CaseTrial(case, case.grade(Reply(error=str(error))))
        if said is None:
            return CaseTrial(case, CaseGrade(0.0, "was not asked"))
        cost = self.price(said.answer)
        reply = Reply(said.text, said.data, None, said.answer.latency_ms, cost, self.judge)
        grade = case.grade(reply)
        for _ in range(case.calls - 1):
            self.allowance.count(None)
        return CaseTrial(case, grade, said.text)

    def _asked(self, rendered: Rendered, project: UnderCare | None) -> Answered | None:
        """The answer, counted; None once everything has ended. Raises what makes this one call fail."""
        if self.ended is not None:
            return None
        left = self.allowance.calls - self.allowance.used_calls
        try:
            self.tell(f"asking {rendered.prompt} {rendered.version}, {left} calls left")
            said = self.questions.put(rendered, worker=WORKER, run_id=None, project=project)
        except (BudgetExceeded, Cancelled) as error:
            self.ended = error
            return None
        except SigmaError:
            self.allowance.count(None)
            raise
        self.allowance.count(self.price(said.answer))
        return said
