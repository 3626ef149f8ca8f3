"""Which routes ask for what role."""

from sigma_core.api.application import ROUTERS
from sigma_core.api.plugin_routes import open_to_viewers

ONLY_SHOWN = {"/prompts/templates/{key}/render", "/prompts/render/default"}
"""Their question is too long for an address; nothing is changed by them."""


def test_every_route_that_changes_something_asks_for_an_operator() -> None:
    routes = [route for router in ROUTERS for route in router.routes]
    assert len(routes) > 50
    assert open_to_viewers(routes) == ONLY_SHOWN
