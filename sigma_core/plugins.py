"""What installed packages add to SIGMA by entry points. What raises or does not fit is left out and named.

A plug-in runs in this process, as its author wrote it: whoever installs it trusts it. What is kept from it is the power
to end what others do.
"""

import inspect
import sys
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from importlib.metadata import EntryPoint, entry_points
from typing import Any, Generic, TypeVar

from sigma_core.errors import Cancelled, Invalid, SigmaError
from sigma_core.text import cut, storable, visible_line

_LONGEST = 500
T = TypeVar("T")

Fit = Callable[["Plugin", Any, Sequence[T]], T]
"""Makes of what an entry point names what the group wants, given those before it. Raises where it does not fit."""


class PluginFailed(SigmaError):
    """A plug-in raised, or gave what cannot be used."""


@dataclass(frozen=True)
class Plugin:
    """One entry point."""

    group: str
    name: str
    package: str
    """What brings it, with its version."""
    error: str | None = None
    """Why it is left out; None where it counts."""


@dataclass(frozen=True)
class Loaded(Generic[T]):
    """What came of a group: the plug-ins that count, and the state of each."""

    things: tuple[T, ...]
    plugins: tuple[Plugin, ...]

    @property
    def left_out(self) -> Iterator[Plugin]:
        """Those that do not count."""
        return (plugin for plugin in self.plugins if plugin.error is not None)


_loaded: dict[tuple[str, tuple[str, ...]], Loaded[Any]] = {}
"""By group and search path: modules are loaded once in a process, so more often they need not be looked for."""


def load(group: str, fit: Fit[T]) -> Loaded[T]:
    """Everything that installed packages bring under an entry-point group, in the order of their names."""
    path = tuple(sys.path)
    if (group, path) not in _loaded:
        _loaded[group, path] = _load(group, fit, sorted(entry_points(group=group)))
    return _loaded[group, path]


def states() -> list[Plugin]:
    """All plug-ins of the groups that have been loaded so far."""
    path = tuple(sys.path)
    return [plugin for (_, under), loaded in _loaded.items() if under == path for plugin in loaded.plugins]


@contextmanager
def contained(what: str) -> Iterator[None]:
    """Run what others bring: whatever it raises is `PluginFailed`, a stop aside."""
    try:
        yield
    except Cancelled:
        raise
    except (Exception, SystemExit) as error:
        said = str(error) if isinstance(error, SigmaError) else f"{type(error).__name__}: {error}"
        raise PluginFailed(cut(visible_line(storable(f"{what} failed: {said}")), _LONGEST)) from error


def named(plugin: Plugin, value: Any, known: Iterable[Any], *attributes: str) -> Any:  # noqa: ANN401 (of others)
    """The thing that an entry point names, made if it is a class: called as its entry point, with what is demanded.

    Raises `Invalid`.
    """
    made: Any = value() if inspect.isclass(value) else value
    wrong = {each: "is missing" for each in ("name", *attributes) if getattr(made, each, None) is None}
    if wrong:
        raise Invalid(wrong)
    if made.name != plugin.name:
        raise Invalid({"name": f"is {made.name!r}, and its entry point is called {plugin.name!r}"})
    if made.name in {each.name for each in known}:
        raise Invalid({"name": f"{made.name!r} is taken"})
    return made


def _load(group: str, fit: Fit[T], points: Iterable[EntryPoint]) -> Loaded[T]:
    things, plugins = list[T](), list[Plugin]()
    for point in points:
        plugin = Plugin(group, point.name, _package(point))
        try:
            with contained(f"{group} {point.name}"):
                things.append(fit(plugin, point.load(), things))
        except PluginFailed as error:
            plugin = Plugin(group, point.name, plugin.package, str(error))
        plugins.append(plugin)
    return Loaded(tuple(things), tuple(plugins))


def _package(point: EntryPoint) -> str:
    return f"{point.dist.name} {point.dist.version}" if point.dist else "an unknown package"
