"""The API put together: the routes under `/api`, and beside it what monitoring and clients of the feed ask."""

from collections.abc import Callable, Sequence
from functools import partial

from fastapi import FastAPI, Request
from starlette.middleware import Middleware
from starlette.responses import JSONResponse, Response
from starlette.routing import BaseRoute, Mount, Route

from sigma_core import __version__
from sigma_core.api import knowledge_feed, plugin_routes
from sigma_core.api.access import MAY_LOOK, Access
from sigma_core.api.idempotency import Idempotency
from sigma_core.api.limits import RequestLimits
from sigma_core.api.problems import DOCUMENTED, add_handlers, described
from sigma_core.api.routes import (
    graph,
    inbox,
    knowledge,
    monitoring,
    notices,
    projects,
    prompt_evolution,
    prompt_tests,
    prompts,
    proposals,
    recall,
    schedule,
    usage,
)
from sigma_core.runtime.system import System

ROUTERS = (
    projects.router,
    proposals.router,
    schedule.router,
    recall.router,
    usage.router,
    knowledge.router,
    graph.router,
    inbox.router,
    notices.router,
    prompts.router,
    prompt_tests.router,
    prompt_evolution.router,
)
_ABOUT = """Everything that people do by the console and the `sigma` command, for programs.

Errors are problem details (RFC 9457). Lists come in pages. A POST or PUT with an `Idempotency-Key` is carried out once.
Long calls answer 202 with the run that does them; `?wait=` up to 30 seconds waits for its end. Where `SIGMA_API_TOKEN`
is set, each call needs one of its tokens.
"""


def build_api(system: Callable[[], System], access: Access) -> FastAPI:
    """What answers under `/api`. `system` is asked for at the first call, not before."""
    app = FastAPI(
        title="SIGMA",
        version=__version__,
        description=_ABOUT,
        openapi_url="/openapi.json",
        # Their pages load scripts from other machines
        docs_url=None,
        redoc_url=None,
        middleware=[
            Middleware(RequestLimits, access=access),
            Middleware(Idempotency, system=system, access=access),
        ],
    )
    app.state.system, app.state.access = system, access
    add_handlers(app)
    app.openapi = partial(described, app)  # type: ignore[method-assign]
    for router in ROUTERS:
        app.include_router(router, dependencies=[MAY_LOOK], responses=DOCUMENTED)
    for brought in plugin_routes.installed().things:
        app.include_router(
            brought.router, prefix=brought.prefix, tags=[brought.name], dependencies=[MAY_LOOK], responses=DOCUMENTED
        )
    return app


async def _described(api: FastAPI, _request: Request) -> Response:
    """What there is, for whoever asks without knowing."""
    about = {
        "name": "SIGMA",
        "version": __version__,
        "openapi": "/api/openapi.json",
        "paths": [f"/api{path}" for path in api.openapi()["paths"]],
        "beside": ["/health", "/ready", "/metrics", "/ws/knowledge"],
    }
    return JSONResponse(about)


def api_routes(system: Callable[[], System], access: Access) -> Sequence[BaseRoute]:
    """All that is mounted beside the console, or stands alone."""
    api = build_api(system, access)
    return [
        *monitoring.routes(system, access),
        knowledge_feed.route(system, access),
        Route("/api", partial(_described, api)),
        Mount("/api", api),
    ]
