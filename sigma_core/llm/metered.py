"""The only way to call a model: one call, one usage row, whatever came of it."""

import time
import uuid
from collections.abc import Callable
from dataclasses import replace
from typing import Protocol

from sigma_core.clock import Clock
from sigma_core.errors import Forbidden
from sigma_core.llm.answers import parse
from sigma_core.llm.errors import BadAnswer, CallFailed
from sigma_core.llm.model import Message, Model, ModelAnswer, ModelRequest, Rendered
from sigma_core.llm.recorder import UsageRecorder
from sigma_core.llm.usage import Call, Tally, usage_row

_LONGEST_REPEATED = 20_000


class UnderCare(Protocol):
    """What is needed of a project: whether its text may leave for a model server."""

    id: int | None
    name: str
    model_allowed: bool


class MeteredModel:
    """Asks `model` and records each call with `recorder`. `deadline_s` bounds one call, retries included."""

    def __init__(
        self,
        model: Model,
        recorder: UsageRecorder,
        clock: Clock,
        *,
        deadline_s: float,
        new_id: Callable[[], str] = lambda: uuid.uuid4().hex,
    ) -> None:
        self._model = model
        self._recorder = recorder
        self._clock = clock
        self._deadline_s = deadline_s
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

    def ask(self, prompt: Rendered, *, worker: str, run_id: int | None, project: UnderCare | None) -> ModelAnswer:
        """The model's answer, its `data` fitting the prompt's schema. Call it outside of any transaction.

        An answer that does not fit is sent back once with what is wrong with it. Raises `Forbidden` (nothing was
        sent, so nothing is recorded), `CallFailed` or `BadAnswer`.
        """
        if project is not None and not self.allows(project):
            raise Forbidden(f"Project {project.name} does not allow its text to be sent to a model server.")
        call = Call(prompt, worker, run_id, project.id if project else None)
        tally, started = Tally(), time.monotonic()
        try:
            answer = self._answer(prompt, tally, ends=started + self._deadline_s)
        except BaseException as error:
            self._record(call, tally, started, error)
            raise
        self._record(call, tally, started, None)
        return tally.of(answer)

    def _record(self, call: Call, tally: Tally, started: float, error: BaseException | None) -> None:
        tally.latency_ms = round((time.monotonic() - started) * 1000)
        row = usage_row(call, self._model, tally, error, call_id=self._new_id(), at=self._clock())
        self._recorder.record(row)

    def _answer(self, prompt: Rendered, tally: Tally, ends: float) -> ModelAnswer:
        first = self._complete(prompt, prompt.messages, tally, ends)
        try:
            return _checked(first, prompt)
        except BadAnswer as problem:
            if not self._model.remote:
                raise
            again = (*prompt.messages, *_returned(first, problem))
        return _checked(self._complete(prompt, again, tally, ends), prompt)

    def _complete(self, prompt: Rendered, messages: tuple[Message, ...], tally: Tally, ends: float) -> ModelAnswer:
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
            answer = self._model.complete(request)
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
