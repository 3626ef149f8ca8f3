"""What a call costs: the operator's own prices first, then the price list that is installed with SIGMA.

Everything is offline. A model without a price costs None, which is shown as unpriced and never taken for 0.
"""

import logging
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal

from sqlalchemy import UniqueConstraint
from sqlalchemy.exc import SQLAlchemyError
from sqlmodel import BigInteger, Field, SQLModel, select

from sigma_core.database import Database, UTCDateTime
from sigma_core.errors import Unavailable
from sigma_core.llm.models import ModelOrigin
from sigma_core.llm.money import nano_usd
from sigma_core.llm.tokens import Tokens

logger = logging.getLogger(__name__)
_PER = 1_000_000
"""Tokens that a rate is for."""


class ModelPrice(SQLModel, table=True):
    """A price the operator entered: nano-USD per million tokens, from a day (UTC) on until the next one holds."""

    __tablename__ = "model_price"
    __table_args__ = (UniqueConstraint("model", "valid_from"),)

    id: int | None = Field(default=None, primary_key=True)
    model: str = Field(max_length=120, description="As usage rows name it.")
    valid_from: date
    valid_until: date | None = Field(default=None, description="First day it no longer holds.")
    input_nano_usd: int = Field(sa_type=BigInteger)
    output_nano_usd: int = Field(sa_type=BigInteger)
    cached_nano_usd: int = Field(sa_type=BigInteger, description="Of input tokens read from a cache.")
    changed_by: str = Field(max_length=200)
    changed_at: datetime = Field(sa_type=UTCDateTime)

    def cost(self, tokens: Tokens) -> int:
        """Nano-USD, rounded half up once, at the end."""
        whole = (
            (tokens.input - tokens.cached) * self.input_nano_usd
            + tokens.cached * self.cached_nano_usd
            + tokens.output * self.output_nano_usd
        )
        return (whole + _PER // 2) // _PER

    def holds(self, day: date) -> bool:
        """Whether it is in force on a day."""
        return self.valid_from <= day and (self.valid_until is None or day < self.valid_until)


@dataclass(frozen=True)
class ListedPrice:
    """A model's price now: nano-USD per million tokens and who says so."""

    model: str
    source: str
    input_nano_usd: int | None
    output_nano_usd: int | None
    cached_nano_usd: int | None


class PriceBook:
    """Prices as they are known at one moment."""

    def __init__(self, own: Sequence[ModelPrice], origins: Mapping[str, ModelOrigin], list_origin: ModelOrigin) -> None:
        self._own = own
        self._origins = origins
        self._list_origin = list_origin

    def cost(self, model: str, tokens: Tokens, at: datetime) -> int | None:
        """Nano-USD of a call, None without a price."""
        own = self._entry(model, at.date())
        if own is not None:
            return own.cost(tokens)
        origin = self._origins.get(model)
        return _listed(origin, tokens, at) if origin else None

    def list_cost(self, tokens: Tokens, at: datetime) -> int | None:
        """What the same tokens cost on the configured price list, None if that has no such model."""
        return _listed(self._list_origin, tokens, at)

    def now(self, model: str, at: datetime) -> ListedPrice:
        """What a model's tokens cost at a moment, and who says so."""
        # a thousand at a time: a million in one call may cost more a token
        costs = [self.cost(model, tokens, at) for tokens in (Tokens(1000, 0), Tokens(0, 1000), Tokens(1000, 0, 1000))]
        own = self._entry(model, at.date()) is not None
        source = "own" if own else "unpriced" if costs[0] is None else "price list"
        return ListedPrice(model, source, *(None if cost is None else cost * 1000 for cost in costs))

    def _entry(self, model: str, day: date) -> ModelPrice | None:
        found = [entry for entry in self._own if entry.model == model and entry.holds(day)]
        return max(found, key=lambda entry: entry.valid_from, default=None)


class Prices:
    """Where prices come from. `origins` tells of the configured models; `list_model` is `provider/model`."""

    def __init__(self, database: Database, origins: Mapping[str, ModelOrigin], list_model: str) -> None:
        self._database = database
        self._origins = origins
        provider, _, model = list_model.rpartition("/")
        self._list_origin = ModelOrigin(model, provider=provider or "openai")
        self._own: Sequence[ModelPrice] = ()
        self.list_model = list_model

    def book(self) -> PriceBook:
        """All prices now. While the store is away, the operator's as they were last seen."""
        try:
            with self._database.reading() as session:
                self._own = session.exec(select(ModelPrice)).all()
        except (Unavailable, SQLAlchemyError) as error:
            logger.warning("the operator's prices cannot be read: %s", error)
        return PriceBook(self._own, self._origins, self._list_origin)


def _listed(origin: ModelOrigin, tokens: Tokens, at: datetime) -> int | None:
    # Half a second to import, so only where something is priced
    from genai_prices import Usage, calc_price

    provider = origin.provider or ("openai" if origin.base_url is None else None)
    used = Usage(input_tokens=tokens.input, output_tokens=tokens.output, cache_read_tokens=tokens.cached)
    try:
        if provider is not None:
            priced = calc_price(used, origin.model, provider_id=provider, genai_request_timestamp=at)
        else:
            priced = calc_price(used, origin.model, provider_api_url=origin.base_url, genai_request_timestamp=at)
    except LookupError:
        return None
    total: Decimal = priced.total_price
    return nano_usd(total)
