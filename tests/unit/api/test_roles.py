"""Which routes ask for what role."""

from collections.abc import Callable, Iterator

from fastapi.dependencies.models import Dependant

from sigma_core.api import access
from sigma_core.api.application import ROUTERS

ONLY_SHOWN = {"/prompts/templates/{key}/render", "/prompts/render/default"}
"""Their question is too long for an address; nothing is changed by them."""


def asked(dependant: Dependant) -> Iterator[Callable[..., object] | None]:
    """All that is asked before a route answers."""
    yield dependant.call
    for each in dependant.dependencies:
        yield from asked(each)


def test_every_route_that_changes_something_asks_for_an_operator() -> None:
    routes = [route for router in ROUTERS for route in router.routes]
    open_ = {
        route.path
        for route in routes
        if route.methods - {"GET", "HEAD"} and access._operator not in asked(route.dependant)
    }
    assert len(routes) > 50
    assert open_ == ONLY_SHOWN
