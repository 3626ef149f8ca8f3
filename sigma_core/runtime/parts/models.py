"""Models, what their calls cost, and who may spend how much."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cached_property
from typing import TYPE_CHECKING

from sigma_core.runtime.parts.ground import Ground

if TYPE_CHECKING:
    from sigma_core.llm.budgets import Budgets
    from sigma_core.llm.health import HealthBook
    from sigma_core.llm.ledger import UsageLedger
    from sigma_core.llm.meter import Meter
    from sigma_core.llm.metered import MeteredModel
    from sigma_core.llm.model import Model, ModelAnswer
    from sigma_core.llm.prices import Prices
    from sigma_core.llm.pricing import Pricing
    from sigma_core.llm.recorder import UsageRecorder


class ModelParts(Ground):
    """The one metered way to a model, and its books."""

    @cached_property
    def model(self) -> MeteredModel:
        from sigma_core.llm.metered import MeteredModel
        from sigma_core.llm.models import build_models

        models = build_models(self.settings, self.model_health)
        return MeteredModel(
            models[self.settings.model] if self.settings.model else self._offline(),
            self.meter,
            deadline_s=self.settings.model_timeout_s * 2,
            others=models,
        )

    @cached_property
    def meter(self) -> Meter:
        from sigma_core.llm.meter import Meter

        return Meter(self.recorder, self.clock, prices=self.prices, budgets=self.budgets)

    @cached_property
    def recorder(self) -> UsageRecorder:
        from sigma_core.llm.recorder import UsageRecorder

        return UsageRecorder(self.database, self.settings.home / "spool" / "usage.jsonl", budgets=self.budgets)

    @property
    def model_names(self) -> Sequence[str]:
        """The configured models."""
        from sigma_core.llm.models import configured

        return list(configured(self.settings))

    @cached_property
    def model_health(self) -> HealthBook:
        from sigma_core.llm.health import HealthBook

        return HealthBook(self.database, self.clock)

    @cached_property
    def usage(self) -> UsageLedger:
        from sigma_core.llm.ledger import UsageLedger

        return UsageLedger(self.database)

    @cached_property
    def prices(self) -> Prices:
        from sigma_core.llm.models import origins
        from sigma_core.llm.prices import Prices

        return Prices(self.database, origins(self.settings), self.settings.price_list_model)

    @cached_property
    def pricing(self) -> Pricing:
        from sigma_core.llm.pricing import Pricing

        return Pricing(self.database, self.clock, self.prices)

    @cached_property
    def budgets(self) -> Budgets:
        from sigma_core.llm.budgets import Budgets
        from sigma_core.llm.models import configured

        return Budgets(
            self.database, self.clock, models=configured(self.settings), degrade_model=self.settings.degrade_model
        )

    def _offline(self) -> Model:
        from sigma_core.llm.offline import OfflineRules
        from sigma_core.prompts.rules import RULES
        from sigma_core.proposals import offline_votes, opinions

        return OfflineRules({**RULES, opinions.PROMPT: offline_votes.committee_scoring})

    def _answer_price(self, answer: ModelAnswer) -> int | None:
        """Nano-USD; None without a price or the server's own count of tokens."""
        from sigma_core.llm.tokens import Tokens

        if not self.model.remote:
            return 0
        if answer.input_tokens is None or answer.output_tokens is None:
            return None
        tokens = Tokens.of(answer.input_tokens, answer.output_tokens, answer.cached_tokens)
        return self.prices.book().cost(answer.model, tokens, self.clock())
