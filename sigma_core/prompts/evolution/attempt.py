"""One evolution from its cases to its verdict. It reads the store and asks models; it saves nothing."""

from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from sigma_core.errors import BudgetExceeded, Forbidden, Invalid, SigmaError, Unavailable
from sigma_core.llm.model import Rendered
from sigma_core.prompts.content import Content
from sigma_core.prompts.evolution import search
from sigma_core.prompts.evolution.allowance import Allowance, CallPlan, checked, plan
from sigma_core.prompts.evolution.cases import CaseSplit, EvolutionCase, split
from sigma_core.prompts.evolution.constraints import Texts, reworded, texts_of
from sigma_core.prompts.evolution.search import BestWords, HeldOutReport
from sigma_core.prompts.evolution.trial import WORKER, Price, Tell, Trials
from sigma_core.prompts.questions import Questions
from sigma_core.prompts.template import Prompt
from sigma_core.prompts.test_result import Judge


@dataclass(frozen=True)
class Spending:
    """What calls cost: one that was made, one at its worst, and what budgets leave for calls of a worker and prompt."""

    price: Price
    worst: Callable[[Rendered], int | None]
    room: Callable[[str, str], int | None]
    """In nano-USD; None where no budget stops a call."""


@dataclass(frozen=True)
class ReadyEvolution:
    """An evolution that may begin: its cases are parted, and what it takes is allowed."""

    base: Prompt
    cases: CaseSplit
    plan: CallPlan
    allowance: Allowance
    seed: int


@dataclass(frozen=True)
class EvolutionResult:
    """What came of it. Without `content` nothing is worth saving, and the verdict says why."""

    verdict: str
    figures: dict[str, Any]
    content: Content | None = None
    reason: str = ""


@dataclass(frozen=True)
class Attempts:
    """Prepares evolutions and carries them out."""

    questions: Questions
    spending: Spending
    judge: Judge | None

    def prepare(
        self, base: Prompt, cases: Sequence[EvolutionCase], tests: int, *, calls: int, nano_usd: int | None, seed: int
    ) -> ReadyEvolution:
        """Raises `Unavailable` without a model, `Forbidden`, `Invalid` or `BudgetExceeded` where nothing could come of
        it: nothing has been asked then."""
        if not self.questions.by_model:
            raise Unavailable(
                "No model server is configured. The offline rules answer from a prompt's variables, whatever its words "
                "are, so no wording is better than another."
            )
        parted = split([each for each in cases if self._may_ask(each)], seed)
        needed = plan(parted, tests)
        worst = self._worst(base, parted)
        self._check_money(base, needed, worst, nano_usd)
        return ReadyEvolution(base, parted, needed, Allowance(checked(calls, needed), nano_usd, worst), seed)

    def carry_out(self, ready: ReadyEvolution, tell: Tell) -> EvolutionResult:
        """Search, then report on what was held out. Raises what ended it before it could report."""
        trials = Trials(ready.base, self.questions, ready.allowance, self.spending.price, self.judge, tell)
        found = search.search(trials, ready.cases, ready.plan, ready.seed)
        changed = _changed(ready.base, found.texts)
        if trials.ended is None and changed:
            report = search.report(trials, ready.cases, found, ready.seed)
        if trials.ended is not None:
            raise trials.ended
        figures = {**_figures(ready, trials), "validation": {"before": found.before, "after": found.after}}
        figures["candidates"] = found.candidates
        if not changed:
            return EvolutionResult(_NONE.format(n=found.candidates - 1, refused=len(trials.refused)), figures)
        figures["held_out"] = asdict(report)
        return _judged(ready, found, report, figures, [trials.reasons[text] for text in changed])

    def _may_ask(self, case: EvolutionCase) -> bool:
        return case.project is None or self.questions.allows(case.project)

    def _worst(self, base: Prompt, cases: CaseSplit) -> int | None:
        """The dearest call there can be, of a text as long as one may become; None without a price."""
        worst = [
            self.spending.worst(base.render(view=each.view, **each.inputs))
            for each in (*cases.training, *cases.validation, *cases.held_out)
            if _fits(base, each)
        ]
        known = [each for each in worst if each is not None]
        # A candidate's texts may grow to about twice the base's, and a reflection reads a minibatch
        return 3 * max(known) if known and len(known) == len(worst) else None

    def _check_money(self, base: Prompt, needed: CallPlan, worst: int | None, nano_usd: int | None) -> None:
        room = self.spending.room(WORKER, base.name)
        if worst is None:
            if nano_usd is not None:
                raise Forbidden(
                    f"{self.questions.model_name} has no price, so no sum can be kept to (sigma price set)."
                )
            return
        least = needed.floor * worst
        if nano_usd is not None and nano_usd < least:
            raise Invalid({"usd": f"is too little: {needed.floor} calls may cost {least / 1e9:.4f} at worst"})
        if room is not None and room < least:
            raise BudgetExceeded(
                f"A budget leaves ${room / 1e9:.4f} for today, and {needed.floor} calls may cost ${least / 1e9:.4f}. "
                f"Nothing was asked."
            )


_NONE = "None of {n} candidates did better on the cases to choose by ({refused} were refused unasked)."


def _judged(
    ready: ReadyEvolution, found: BestWords, report: HeldOutReport, figures: dict[str, Any], reasons: Sequence[str]
) -> EvolutionResult:
    told = (
        f"On {report.n} held-out cases {report.before:.2f} before and {report.after:.2f} after, a difference of "
        f"{report.difference:+.2f} [{report.low:+.2f}, {report.high:+.2f}]"
    )
    if report.difference < 0:
        return EvolutionResult(f"{told}: what was chosen does worse there, so nothing was saved.", figures)
    content = reworded(ready.base.content, found.texts)
    return EvolutionResult(f"{told}.", figures, content, " ".join(reasons))


def _changed(base: Prompt, texts: Texts) -> list[str]:
    before = texts_of(base.content)
    return [text for name, text in texts.items() if text != before[name]]


def _figures(ready: ReadyEvolution, trials: Trials) -> dict[str, Any]:
    spent = trials.allowance
    return {
        "cases": ready.cases.sizes,
        "floor": ready.plan.floor,
        "calls": spent.used_calls,
        "cost_nano_usd": spent.used_nano_usd if not spent.unpriced else None,
        "refused": list(trials.refused),
    }


def _fits(base: Prompt, case: EvolutionCase) -> bool:
    try:
        base.render(view=case.view, **case.inputs)
    except SigmaError:
        return False
    return True
