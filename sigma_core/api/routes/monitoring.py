"""Whether SIGMA lives and is ready, and its figures; outside `/api`, where monitoring looks for them."""

from collections.abc import Callable

from anyio import to_thread
from sqlalchemy import text
from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, Response
from starlette.routing import Route

from sigma_core.api.access import Access, Unauthorized, bearer
from sigma_core.api.metrics import CONTENT_TYPE, render
from sigma_core.errors import SigmaError, Unavailable
from sigma_core.runtime.system import System


def routes(system: Callable[[], System], access: Access) -> list[Route]:
    """`/health`, `/ready` and `/metrics`."""

    async def health(_request: Request) -> Response:
        """This process answers."""
        return JSONResponse({"status": "ok"})

    async def ready(_request: Request) -> Response:
        """The database answers, and a scheduler is at work."""
        try:
            parts = await to_thread.run_sync(_parts, system)
        except Unavailable as error:
            return JSONResponse({"ready": False, "database": str(error)}, 503)
        return JSONResponse(parts, 200 if parts["ready"] else 503)

    async def metrics(request: Request) -> Response:
        """All figures, as Prometheus reads them."""
        try:
            access.caller(bearer(request.headers.get("authorization", "")))
            return PlainTextResponse(await to_thread.run_sync(_figures, system), media_type=CONTENT_TYPE)
        except Unauthorized as error:
            return PlainTextResponse(f"{error}\n", 401, {"WWW-Authenticate": "Bearer"})
        except SigmaError as error:
            return PlainTextResponse(f"{error}\n", 503)

    return [Route("/health", health), Route("/ready", ready), Route("/metrics", metrics)]


def _parts(system: Callable[[], System]) -> dict[str, object]:
    sigma = system()
    with sigma.database.reading() as session:
        session.execute(text("SELECT 1"))
    alive = sigma.runtime.status.system().scheduler_alive
    return {"ready": alive, "database": "ok", "scheduler": "at work" if alive else "off"}


def _figures(system: Callable[[], System]) -> str:
    return render(system())
