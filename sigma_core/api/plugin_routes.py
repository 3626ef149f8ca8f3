"""Routes that installed packages bring."""

from collections.abc import Callable, Iterator, Sequence
from typing import Any, NamedTuple, get_args

from fastapi import APIRouter
from fastapi.dependencies.models import Dependant
from fastapi.routing import APIRoute

from sigma_core.api.access import Operator
from sigma_core.errors import Invalid
from sigma_core.plugins import Loaded, Plugin, load

GROUP = "sigma.routes"
"""Entry points of packages that add routes: a FastAPI router. Its name is the address, below `/api/plugins`."""
_OPERATOR: Callable[..., object] = get_args(Operator)[1].dependency


class PluginRoutes(NamedTuple):
    """The routes of one entry point."""

    name: str
    router: APIRouter

    @property
    def prefix(self) -> str:
        """Where they answer, below `/api`."""
        return f"/plugins/{self.name}"


def installed() -> Loaded[PluginRoutes]:
    """The routes that installed packages bring."""
    return load(GROUP, _fit)


def open_to_viewers(routes: Sequence[object]) -> set[str]:
    """The paths of routes that may change something and ask for no operator."""
    return {
        route.path
        for route in routes
        if isinstance(route, APIRoute)
        and (route.methods or set()) - {"GET", "HEAD"}
        and _OPERATOR not in _asked_first(route.dependant)
    }


def _fit(plugin: Plugin, value: Any, _: Sequence[PluginRoutes]) -> PluginRoutes:  # noqa: ANN401 (of others)
    if not plugin.name.isidentifier():
        raise Invalid({"name": f"{plugin.name!r} is no name"})
    if not isinstance(value, APIRouter):
        raise Invalid({"router": "is not a router of FastAPI"})
    if strangers := [type(route).__name__ for route in value.routes if not isinstance(route, APIRoute)]:
        raise Invalid({"router": f"has a {strangers[0]}, and may have routes alone"})
    if wanting := open_to_viewers(value.routes):
        raise Invalid({"router": f"changes something at {', '.join(sorted(wanting))} and asks for no `Operator`"})
    return PluginRoutes(plugin.name, value)


def _asked_first(dependant: Dependant) -> Iterator[Callable[..., object] | None]:
    """All that is asked before a route answers."""
    yield dependant.call
    for each in dependant.dependencies:
        yield from _asked_first(each)
