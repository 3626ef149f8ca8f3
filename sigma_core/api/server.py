"""The API alone, without the console."""

from collections.abc import Callable

import uvicorn
from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware

from sigma_core.api.access import access_of
from sigma_core.api.application import api_routes
from sigma_core.api.gate import HostGate, names_of
from sigma_core.api.problems import not_found
from sigma_core.runtime.address import is_loopback, refuse_open
from sigma_core.runtime.system import System


def serve_api(sigma: System, port: int, ready: Callable[[], None]) -> None:
    """Answer until SIGINT or SIGTERM; `ready` is called once it listens.

    Raises `Forbidden` for an address beyond this machine's own while no token is set.
    """
    settings = sigma.settings
    access = access_of(settings)
    if settings.api_token is None:
        refuse_open(settings.host)
    beyond = not is_loopback(settings.host)
    app = Starlette(
        routes=[*api_routes(lambda: sigma, access)],
        exception_handlers={HTTPException: not_found},
        middleware=[Middleware(HostGate, names=names_of(settings), beyond=beyond)],
    )
    server = AnnouncedServer(uvicorn.Config(app, settings.host, port, log_level="error", server_header=False), ready)
    server.run()


class AnnouncedServer(uvicorn.Server):
    """Tells when it listens."""

    def __init__(self, config: uvicorn.Config, ready: Callable[[], None]) -> None:
        super().__init__(config)
        self._ready = ready

    async def startup(self, sockets: list | None = None) -> None:  # type: ignore[type-arg]
        """Listen, then tell."""
        await super().startup(sockets)
        if self.started:
            self._ready()
