"""What surrounds every call of a model: money set aside before it, one usage row after it, whatever came of it."""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from typing import TypeVar

from sigma_core.clock import Clock
from sigma_core.errors import BudgetExceeded
from sigma_core.llm.budgets import Budgets
from sigma_core.llm.call_ids import new_call_id
from sigma_core.llm.call_span import call_span
from sigma_core.llm.call_texts import call_text
from sigma_core.llm.model import Metered
from sigma_core.llm.prices import Prices
from sigma_core.llm.recorder import UsageRecorder
from sigma_core.llm.scopes import Charge
from sigma_core.llm.tokens import worst_tokens
from sigma_core.llm.usage import Call, Tally, usage_row

_M = TypeVar("_M", bound=Metered)


class Meter:
    """Records calls with `recorder`, within `budgets` where there are any."""

    def __init__(
        self,
        recorder: UsageRecorder,
        clock: Clock,
        *,
        prices: Prices | None = None,
        budgets: Budgets | None = None,
        new_id: Callable[[], str] = new_call_id,
    ) -> None:
        self._recorder = recorder
        self._clock = clock
        self._prices = prices
        self._budgets = budgets
        self._new_id = new_id

    @contextmanager
    def measured(
        self, call: Call, model: _M, *, call_s: float, named: Callable[[str], _M], operation: str = "chat"
    ) -> Iterator[tuple[_M, Tally]]:
        """Around a call of at most `call_s` seconds: the model that may answer it, and where to count what it uses.

        Where a budget gives the call to another model, `named` finds that. `operation`: what the call is by the
        conventions for traces, chat or embeddings. Raises `BudgetExceeded` or `Unavailable`
        before anything is sent, so that nothing is recorded; what is raised inside is recorded and goes on.
        """
        call_id = self._new_id()
        chosen = self._within_budget(call, model, call_id, call_s, named)
        if chosen is not model:
            call = replace(call, degraded_from=model.name)
        tally, started = Tally(), time.monotonic()
        failed: BaseException | None = None
        try:
            with call_span(operation, call, chosen, tally, call_id):
                yield chosen, tally
        except BaseException as error:
            failed = error
            raise
        finally:
            tally.latency_ms = round((time.monotonic() - started) * 1000)
            prices = self._prices.book() if self._prices else None
            at = self._clock()
            self._recorder.record(
                usage_row(call, chosen, tally, failed, prices=prices, call_id=call_id, at=at),
                text=call_text(call, tally, call_id, at),
            )

    def _within_budget(self, call: Call, model: _M, call_id: str, call_s: float, named: Callable[[str], _M]) -> _M:
        """The model that may be asked: what the call may cost at worst is set aside. Raises `BudgetExceeded`."""
        other = self._reserve(call, model, call_id, call_s)
        if other is None:
            return model
        cheaper = named(other)
        if (further := self._reserve(call, cheaper, call_id, call_s)) is not None:
            raise BudgetExceeded(f"Budgets pass this call on from {other} to {further}; none may answer it.")
        return cheaper

    def _reserve(self, call: Call, model: Metered, call_id: str, call_s: float) -> str | None:
        if self._budgets is None or self._prices is None or not model.remote:
            return None
        worst = self._prices.book().cost(model.name, worst_tokens(call.prompt), self._clock())
        charge = Charge(call.worker, call.prompt.prompt, model.name)
        return self._budgets.reserve(charge, worst, call_id=call_id, call_s=call_s)
