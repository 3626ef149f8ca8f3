"""The only way to call a model: one call, one usage row, whatever came of it."""

import time
from collections.abc import Mapping
from dataclasses import replace
from types import MappingProxyType

from sigma_core.errors import Forbidden, NotFound
from sigma_core.llm.errors import BadAnswer, CallFailed
from sigma_core.llm.meter import Meter
from sigma_core.llm.model import ChatMessage, Check, Model, ModelAnswer, ModelRequest, Rendered, UnderCare
from sigma_core.llm.response_parsing import parse
from sigma_core.llm.usage import Call, Tally

_LONGEST_REPEATED = 20_000


class MeteredModel:
    """Asks `model`, each call measured by `meter`. `deadline_s` bounds one call, retries included.

    `others` are further models by name: those that may be asked for, and those that take over within a budget.
    """

    def __init__(
        self, model: Model, meter: Meter, *, deadline_s: float, others: Mapping[str, Model] = MappingProxyType({})
    ) -> None:
        self._model = model
        self._meter = meter
        self._deadline_s = deadline_s
        self._others = others

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
        check: Check | None = None,
    ) -> ModelAnswer:
        """The model's answer, its `data` fitting the prompt's schema and `check`. Call it outside of any transaction.

        An answer that does not fit is sent back once with what is wrong with it. Raises `Forbidden` or
        `BudgetExceeded` (nothing was sent, so nothing is recorded), `CallFailed` or `BadAnswer`.
        """
        if project is not None and not self.allows(project):
            raise Forbidden(f"Project {project.name} does not allow its text to be sent to a model server.")
        call = Call(prompt, worker, run_id, project.id if project else None)
        asked = self._model_named(model)
        with self._meter.measured(call, asked, call_s=self._deadline_s, named=self._model_named) as (chosen, tally):
            answer = self._answer(chosen, prompt, check, tally, time.monotonic() + self._deadline_s)
        return tally.of(answer)

    def _model_named(self, name: str | None) -> Model:
        if name is None or name == self._model.name:
            return self._model
        if name not in self._others:
            raise NotFound("model", name)
        return self._others[name]

    def _answer(self, model: Model, prompt: Rendered, check: Check | None, tally: Tally, ends: float) -> ModelAnswer:
        first = self._complete(model, prompt, prompt.messages, tally, ends)
        try:
            return _checked(first, prompt, check)
        except BadAnswer as problem:
            if not model.remote:
                raise
            again = (*prompt.messages, *_returned(first, problem))
        return _checked(self._complete(model, prompt, again, tally, ends), prompt, check)

    @staticmethod
    def _complete(
        model: Model, prompt: Rendered, messages: tuple[ChatMessage, ...], tally: Tally, ends: float
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


def _checked(answer: ModelAnswer, prompt: Rendered, check: Check | None) -> ModelAnswer:
    try:
        data = parse(answer, prompt.schema)
        if check is not None:
            check(data)
    except BadAnswer as problem:
        raise BadAnswer(
            f"The answer of {answer.model} to {prompt.prompt} cannot be used: {str(problem).rstrip('.')}."
        ) from None
    return replace(answer, data=data)


def _returned(answer: ModelAnswer, problem: BadAnswer) -> tuple[ChatMessage, ChatMessage]:
    """The turns that give an answer back to its author."""
    wish = f"{problem} Answer again, shorter if it was cut off, with nothing but the JSON object asked for."
    return ChatMessage("assistant", answer.text[:_LONGEST_REPEATED]), ChatMessage("user", wish)
