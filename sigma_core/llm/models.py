"""The models that are configured, by name."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from sigma_core.addresses import plain
from sigma_core.errors import Invalid
from sigma_core.llm.circuit_breaker import CircuitListener, GuardedModel
from sigma_core.llm.model import Model
from sigma_core.settings import NamedModel, Settings

if TYPE_CHECKING:
    from sigma_core.llm.openai import OpenAIModel


@dataclass(frozen=True)
class ModelOrigin:
    """What a model is to its server and to the price list. Without base URL and provider it is OpenAI's own."""

    model: str
    base_url: str | None = None
    provider: str | None = None


def configured(settings: Settings) -> Mapping[str, NamedModel]:
    """Every configured model by name, the one that is asked by default among them.

    Raises `Invalid` where a model is to take over that is not configured.
    """
    default = {settings.model: NamedModel()} if settings.model else {}
    models = {**default, **settings.models}
    if settings.degrade_model is not None and settings.degrade_model not in models:
        raise Invalid({"SIGMA_DEGRADE_MODEL": f"is none of the configured models ({', '.join(models) or 'none'})"})
    return models


def origins(settings: Settings) -> dict[str, ModelOrigin]:
    """Where each configured model comes from."""
    return {
        name: ModelOrigin(entry.model or name, plain(entry.base_url or settings.openai_base_url), entry.provider)
        for name, entry in configured(settings).items()
    }


def build_models(settings: Settings, watch: CircuitListener) -> dict[str, Model]:
    """Each configured model, guarded against a server that keeps failing."""
    return {name: GuardedModel(_model(name, entry, settings), watch) for name, entry in configured(settings).items()}


def _model(name: str, entry: NamedModel, settings: Settings) -> "OpenAIModel":
    # Without a model server nothing of its client is loaded
    from sigma_core.llm.openai import OpenAIModel

    # The key of one server is never sent to another
    key = settings.openai_api_key if entry.base_url is None else None
    return OpenAIModel(
        name,
        served_as=entry.model,
        api_key=entry.api_key or key,
        base_url=plain(entry.base_url or settings.openai_base_url),
        timeout_s=entry.timeout_s or settings.model_timeout_s,
        concurrency=entry.concurrency or settings.model_concurrency,
    )
