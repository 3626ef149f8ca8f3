"""Messages between workers: what the room `exchange` offers, each part built when it is first used."""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from sigma_core.clock import Clock
    from sigma_core.database import Database
    from sigma_core.exchange.console_service import ConsoleService
    from sigma_core.exchange.feed import Feed
    from sigma_core.exchange.service import Exchange
    from sigma_core.graph.loader import Origin
    from sigma_core.settings import Settings


class ExchangeServices:
    """The exchange, what people do with it, and what those see who watch it."""

    def __init__(self, settings: Settings, database: Database, clock: Clock) -> None:
        self._settings, self._database, self._clock = settings, database, clock

    @cached_property
    def service(self) -> Exchange:
        from sigma_core.exchange.registry import Registry, installed
        from sigma_core.exchange.service import Exchange

        return Exchange(
            self._database,
            self._clock,
            Registry(installed()),
            lease_s=self._settings.delivery_lease_s,
            attempts=self._settings.delivery_attempts,
        )

    @cached_property
    def console(self) -> ConsoleService:
        from sigma_core.exchange.console_service import ConsoleService

        return ConsoleService(self._database, self._clock, self.service)

    @cached_property
    def feed(self) -> Feed:
        from sigma_core.exchange.feed import Feed

        return Feed(self._database, self._clock)

    def graph_origins(self) -> dict[str, Origin]:
        """What of the exchange is written to the graph."""
        from functools import partial

        from sigma_core.exchange import projection
        from sigma_core.graph.loader import Origin

        return {projection.ORIGIN: Origin(partial(projection.items, self.service.registry), projection.everything)}
