"""Pages that installed packages bring."""

from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

from sigma_core.console.page_list import OWN
from sigma_core.errors import Invalid
from sigma_core.plugins import Loaded, Plugin, load

GROUP = "sigma.pages"
"""Entry points of packages that add pages: a function that draws. Its name is the page's address and, with spaces for
underlines, its title."""


class PluginPage(NamedTuple):
    """A page, and what draws it."""

    name: str
    draw: Callable[[], None]

    @property
    def title(self) -> str:
        """As the navigation shows it."""
        return self.name.replace("_", " ").capitalize()


def installed() -> Loaded[PluginPage]:
    """The pages that installed packages bring."""
    return load(GROUP, _fit)


def _fit(plugin: Plugin, value: Any, _: Sequence[PluginPage]) -> PluginPage:  # noqa: ANN401 (of others)
    if plugin.name in OWN or not plugin.name.isidentifier():
        raise Invalid({"name": f"{plugin.name!r} is taken, or no name"})
    if not callable(value):
        raise Invalid({"page": "is not a function"})
    return PluginPage(plugin.name, value)
