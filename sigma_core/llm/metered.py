"""The only way to call a model: one call, one usage row, whatever came of it."""

import time
from collections.abc import Callable, Mapping
from dataclasses import replace
from types import MappingProxyType
from typing import Protocol

from sigma_core.clock import Clock
from sigma_core.errors import BudgetExceeded, Forbidden, NotFound
from sigma_core.llm.answers import parse
from sigma_core.llm.budgets import Budgets
from sigma_core.llm.call_ids import new_call_id
from sigma_core.llm.errors import BadAnswer, CallFailed
from sigma_core.llm.model import Message, Model, ModelAnswer, ModelRequest, Rendered
from sigma_core.llm.prices import Prices
from sigma_core.llm.recorder import UsageRecorder
from sigma_core.llm.scopes import Charge
from sigma_core.llm.tokens import worst_tokens
from sigma_core.llm.usage import Call, Tally, usage_row

_LONGEST_REPEATED = 20_000


class UnderCare(Protocol):
    """What is needed of a project: whether its text may leave for a model server."""

    id: int | None
    name: str
    model_allowed: bool


class MeteredModel:
    """Asks `model` and records each call with `recorder`. `deadline_s` bounds one call, retries included.

    `others` are further models by name: those that may be asked for, and those that take over within a budget.
    """

    def __init__(
        self,
        model: Model,
        recorder: UsageRecorder,
        clock: Clock,
        *,
        deadline_s: float,
        prices: Prices | None = None,
        budgets: Budgets | None = None,
        others: Mapping[str, Model] = MappingProxyType({}),
        new_id: Callable[[], str] = new_call_id,
    ) -> None:
        self._model = model
        self._recorder = recorder
        self._clock = clock
        self._deadline_s = deadline_s
        self._prices = prices
        self._budgets = budgets
        self._others = others
        self._new_id = new_id

    @property
    def name(self) -> str:
        """The model's name as usage rows show it."""
        return self._model.name

    @property
    def remote(self) -> bool:
        """Is a model server configured? Otherwise the offline rules answer."""
        return self._model.remote

    def allows(self, project: UnderCare | None) -> bool:
        """May this project's text be sent? None: the prompt holds no project's text."""
        return not self._model.remote or project is None or project.model_allowed

    def ask(
        self,
        prompt: Rendered,
        *,
        worker: str,
        run_id: int | None,
        project: UnderCare | None,
        model: str | None = None,
    ) -> ModelAnswer:
        """The model's answer, its `data` fitting the prompt's schema. Call it outside of any transaction.

        An answer that does not fit is sent back once with what is wrong with it. Raises `Forbidden` or
        `BudgetExceeded` (nothing was sent, so nothing is recorded), `CallFailed` or `BadAnswer`.
        """
        if project is not None and not self.allows(project):
            raise Forbidden(f"Project {project.name} does not allow its text to be sent to a model server.")
        call = Call(prompt, worker, run_id, project.id if project else None)
        asked, call_id = self._named(model), self._new_id()
        chosen = self._within_budget(call, asked, call_id)
        if chosen is not asked:
            call = replace(call, degraded_from=asked.name)
        tally, started = Tally(), time.monotonic()
        try:
            answer = self._answer(chosen, prompt, tally, ends=started + self._deadline_s)
        except BaseException as error:
            self._record(call, chosen, tally, started, error, call_id)
            raise
        self._record(call, chosen, tally, started, None, call_id)
        return tally.of(answer)

    def _named(self, name: str | None) -> Model:
        if name is None or name == self._model.name:
            return self._model
        if name not in self._others:
            raise NotFound("model", name)
        return self._others[name]

    def _within_budget(self, call: Call, model: Model, call_id: str) -> Model:
        """The model that may be asked: what the call may cost at worst is set aside. Raises `BudgetExceeded`."""
        other = self._reserve(call, model, call_id)
        if other is None:
            return model
        cheaper = self._named(other)
        if (further := self._reserve(call, cheaper, call_id)) is not None:
            raise BudgetExceeded(f"Budgets pass this call on from {other} to {further}; none may answer it.")
        return cheaper

    def _reserve(self, call: Call, model: Model, call_id: str) -> str | None:
        if self._budgets is None or self._prices is None or not model.remote:
            return None
        worst = self._prices.book().cost(model.name, worst_tokens(call.prompt), self._clock())
        charge = Charge(call.worker, call.prompt.prompt, model.name)
        return self._budgets.reserve(charge, worst, call_id=call_id, call_s=self._deadline_s)

    def _record(
        self, call: Call, model: Model, tally: Tally, started: float, error: BaseException | None, call_id: str
    ) -> None:
        tally.latency_ms = round((time.monotonic() - started) * 1000)
        prices = self._prices.book() if self._prices else None
        row = usage_row(call, model, tally, error, prices=prices, call_id=call_id, at=self._clock())
        self._recorder.record(row)

    def _answer(self, model: Model, prompt: Rendered, tally: Tally, ends: float) -> ModelAnswer:
        first = self._complete(model, prompt, prompt.messages, tally, ends)
        try:
            return _checked(first, prompt)
        except BadAnswer as problem:
            if not model.remote:
                raise
            again = (*prompt.messages, *_returned(first, problem))
        return _checked(self._complete(model, prompt, again, tally, ends), prompt)

    @staticmethod
    def _complete(
        model: Model, prompt: Rendered, messages: tuple[Message, ...], tally: Tally, ends: float
    ) -> ModelAnswer:
        request = ModelRequest(
            prompt=prompt.prompt,
            messages=messages,
            schema=prompt.schema,
            max_output_tokens=prompt.max_output_tokens,
            temperature=prompt.temperature,
            deadline_s=ends - time.monotonic(),
            variables=prompt.variables,
            view=prompt.view,
        )
        try:
            answer = model.complete(request)
        except CallFailed as error:
            tally.attempts += error.attempts
            raise
        tally.add(answer)
        return answer


def _checked(answer: ModelAnswer, prompt: Rendered) -> ModelAnswer:
    try:
        return replace(answer, data=parse(answer, prompt.schema))
    except BadAnswer as problem:
        raise BadAnswer(f"The answer of {answer.model} to {prompt.prompt} cannot be used: {problem}.") from None


def _returned(answer: ModelAnswer, problem: BadAnswer) -> tuple[Message, Message]:
    """The turns that give an answer back to its author."""
    wish = f"{problem} Answer again, shorter if it was cut off, with nothing but the JSON object asked for."
    return Message("assistant", answer.text[:_LONGEST_REPEATED]), Message("user", wish)
