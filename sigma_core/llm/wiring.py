"""Models: what the room `llm` offers, each part built when it is first used."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import cached_property
from typing import TYPE_CHECKING

from sigma_core.addresses import plain

if TYPE_CHECKING:
    from sigma_core.clock import Clock
    from sigma_core.database import Database
    from sigma_core.llm.budgets import Budgets
    from sigma_core.llm.call_list import Calls
    from sigma_core.llm.embedding import RemoteEmbedder
    from sigma_core.llm.health import HealthBook
    from sigma_core.llm.ledger import UsageLedger
    from sigma_core.llm.meter import Meter
    from sigma_core.llm.metered import MeteredModel
    from sigma_core.llm.model import Model, ModelAnswer, Rendered
    from sigma_core.llm.offline import Rule
    from sigma_core.llm.prices import Prices
    from sigma_core.llm.pricing import Pricing
    from sigma_core.llm.recorder import UsageRecorder
    from sigma_core.settings import Settings


class LlmServices:
    """The one metered way to a model, what its calls cost, and who may spend how much."""

    def __init__(
        self,
        settings: Settings,
        database: Database,
        clock: Clock,
        *,
        offline_rules: Callable[[], Mapping[str, Rule]],
    ) -> None:
        """`offline_rules`: how each prompt is answered where no model server is configured."""
        self._settings, self._database, self._clock = settings, database, clock
        self._offline_rules = offline_rules
        self._by_default: Callable[[Mapping[str, Rule]], Model] | None = None

    def ask_by_default(self, build: Callable[[Mapping[str, Rule]], Model]) -> None:
        """Have another model in the offline rules' place, made from them. To be said before anything is asked."""
        self._by_default = build

    @cached_property
    def model(self) -> MeteredModel:
        from sigma_core.llm.metered import MeteredModel
        from sigma_core.llm.models import build_models
        from sigma_core.llm.offline import OfflineRules

        models, without_server = build_models(self._settings, self.health), self._by_default or OfflineRules
        return MeteredModel(
            models[self._settings.model] if self._settings.model else without_server(self._offline_rules()),
            self.meter,
            deadline_s=self._settings.model_timeout_s * 2,
            others=models,
        )

    @property
    def model_names(self) -> Sequence[str]:
        """The configured models."""
        from sigma_core.llm.models import configured

        return list(configured(self._settings))

    def remote_embedder(self, model: str) -> RemoteEmbedder:
        """A model server's own embeddings, metered like completions."""
        from sigma_core.llm.embedding import RemoteEmbedder

        return RemoteEmbedder(
            model,
            self.meter,
            api_key=self._settings.openai_api_key,
            base_url=plain(self._settings.openai_base_url),
            timeout_s=self._settings.model_timeout_s,
        )

    @cached_property
    def meter(self) -> Meter:
        from sigma_core.llm.meter import Meter

        return Meter(self.recorder, self._clock, prices=self.prices, budgets=self.budgets)

    @cached_property
    def recorder(self) -> UsageRecorder:
        from sigma_core.llm.recorder import UsageRecorder

        return UsageRecorder(self._database, self._settings.home / "spool" / "usage.jsonl", budgets=self.budgets)

    @cached_property
    def health(self) -> HealthBook:
        from sigma_core.llm.health import HealthBook

        return HealthBook(self._database, self._clock)

    @cached_property
    def usage(self) -> UsageLedger:
        from sigma_core.llm.ledger import UsageLedger

        return UsageLedger(self._database)

    @cached_property
    def calls(self) -> Calls:
        from sigma_core.llm.call_list import Calls

        return Calls(self._database)

    def forget_texts(self, keep_days: float) -> int:
        """What was asked and answered longer ago; how many calls that were."""
        from sigma_core.llm.call_texts import prune

        with self._database.transaction() as session:
            return prune(session, self._clock(), keep_days)

    @cached_property
    def prices(self) -> Prices:
        from sigma_core.llm.models import origins
        from sigma_core.llm.prices import Prices

        return Prices(self._database, origins(self._settings), self._settings.price_list_model)

    @cached_property
    def pricing(self) -> Pricing:
        from sigma_core.llm.pricing import Pricing

        return Pricing(self._database, self._clock, self.prices)

    @cached_property
    def budgets(self) -> Budgets:
        from sigma_core.llm.budgets import Budgets
        from sigma_core.llm.models import configured

        return Budgets(
            self._database,
            self._clock,
            models=configured(self._settings),
            degrade_model=self._settings.degrade_model,
        )

    def answer_price(self, answer: ModelAnswer) -> int | None:
        """Nano-USD; None without a price or the server's own count of tokens."""
        from sigma_core.llm.tokens import Tokens

        if not self.model.remote:
            return 0
        if answer.input_tokens is None or answer.output_tokens is None:
            return None
        tokens = Tokens.of(answer.input_tokens, answer.output_tokens, answer.cached_tokens)
        return self.prices.book().cost(answer.model, tokens, self._clock())

    def worst_price(self, prompt: Rendered, model: str | None = None) -> int | None:
        """The most nano-USD that a call of a model, or of the one that is asked by default, may cost.

        None without a price.
        """
        from sigma_core.llm.tokens import worst_tokens

        if not self.model.remote:
            return 0
        return self.prices.book().cost(model or self.model.name, worst_tokens(prompt), self._clock())

    def room(self, worker: str, prompt: str) -> int | None:
        """What budgets leave today for calls of a worker with a prompt, in nano-USD; None where none would stop one."""
        from sigma_core.llm.scopes import Charge

        return self.budgets.room(Charge(worker, prompt, self.model.name))
