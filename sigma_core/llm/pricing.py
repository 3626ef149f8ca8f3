"""Entering prices, and pricing calls again that are recorded already."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from sqlalchemy import bindparam, select, update
from sqlmodel import Session, col

from sigma_core import audit
from sigma_core.clock import Clock
from sigma_core.database import Database
from sigma_core.errors import Invalid
from sigma_core.formatting import NANO
from sigma_core.llm import rollups
from sigma_core.llm.offline import OFFLINE_NAME
from sigma_core.llm.prices import ModelPrice, Prices
from sigma_core.llm.tables import analytics, usage
from sigma_core.llm.tokens import Tokens

_CHUNK = 5000
_SET_COST = update(usage).where(usage.c.id == bindparam("row_id")).values(cost_nano_usd=bindparam("cost"))


@dataclass(frozen=True)
class Rates:
    """Nano-USD per million tokens."""

    input: int
    output: int
    cached: int


@dataclass(frozen=True)
class Repriced:
    """What pricing again did: calls whose cost changed, and calls that still have no price."""

    changed: int
    unpriced: int


class Pricing:
    """Changes prices. The costs of recorded calls and their rollups change together."""

    def __init__(self, database: Database, clock: Clock, prices: Prices) -> None:
        self._database = database
        self._clock = clock
        self._prices = prices

    def enter(
        self, model: str, rates: Rates, *, actor: str, valid_from: date, valid_until: date | None = None
    ) -> tuple[ModelPrice, Repriced]:
        """Enter the operator's price of a model, and price its calls from that day on. Raises `Invalid`."""
        _check(model, valid_from, valid_until)
        with self._database.transaction() as session:
            query = select(ModelPrice).where(col(ModelPrice.model) == model, col(ModelPrice.valid_from) == valid_from)
            values = {
                "model": model,
                "valid_from": valid_from,
                "valid_until": valid_until,
                "input_nano_usd": rates.input,
                "output_nano_usd": rates.output,
                "cached_nano_usd": rates.cached,
                "changed_by": actor,
                "changed_at": self._clock(),
            }
            known = session.scalars(query).one_or_none()
            price = known.sqlmodel_update(values) if known else ModelPrice.model_validate(values)
            session.add(price)
            words = "{} in, {} out, {} cached per million tokens from {}".format(
                *(Decimal(rate) / NANO for rate in (rates.input, rates.output, rates.cached)), valid_from
            )
            audit.record(session, self._clock, actor=actor, action="set price", object=f"model/{model}", reason=words)
        return price, self.again(model, since=valid_from)

    def entries(self) -> list[ModelPrice]:
        """The operator's prices, by model, newest first."""
        query = select(ModelPrice).order_by(col(ModelPrice.model), col(ModelPrice.valid_from).desc())
        with self._database.reading() as session:
            return list(session.scalars(query))

    def again(self, model: str | None = None, *, since: date, actor: str | None = None) -> Repriced:
        """Price recorded calls by what is known now. A call keeps its cost where no price is known any more.

        `actor` is who asked for it; None: it follows from a price that was entered.
        """
        with self._database.transaction() as session:
            if actor is not None:
                audit.record(
                    session,
                    self._clock,
                    actor=actor,
                    action="price again",
                    object=f"model/{model or 'all'}",
                    reason=f"calls since {since}",
                )
            self._database.lock_table(session, analytics)
            return self._again(session, model, since)

    def _again(self, session: Session, model: str | None, since: date) -> Repriced:
        book = self._prices.book()
        query = select(usage).where(
            usage.c.day >= since,
            usage.c.input_tokens.is_not(None),
            usage.c.output_tokens.is_not(None),
            usage.c.model != OFFLINE_NAME,
        )
        if model is not None:
            query = query.where(usage.c.model == model)
        changes: list[Mapping[str, object]] = []
        deltas: dict[rollups.Key, rollups.Sums] = {}
        unpriced = 0
        for row in session.execute(query.execution_options(yield_per=_CHUNK)).mappings():
            tokens = Tokens.of(row["input_tokens"], row["output_tokens"], row["cached_tokens"])
            cost = book.cost(row["model"], tokens, row["created_at"])
            if cost is None:
                unpriced += row["cost_nano_usd"] is None
            elif cost != row["cost_nano_usd"]:
                changes.append({"row_id": row["id"], "cost": cost})
                sums = deltas.setdefault(rollups.key_of(row), rollups.Sums())
                sums.unpriced -= row["cost_nano_usd"] is None
                sums.cost_nano_usd += cost - (row["cost_nano_usd"] or 0)
        if changes:
            session.connection().execute(_SET_COST, changes)
            rollups.add(session, self._database, deltas)
        return Repriced(len(changes), unpriced)


def _check(model: str, valid_from: date, valid_until: date | None) -> None:
    if model == OFFLINE_NAME:
        raise Invalid({"model": "the offline rules cost nothing"})
    if not model.strip() or len(model) > 120 or not model.isprintable():
        raise Invalid({"model": "is no name of a model"})
    if valid_until is not None and valid_until <= valid_from:
        raise Invalid({"until": f"must be after {valid_from}"})
