"""Commands that installed packages bring."""

from collections.abc import Callable, Sequence
from functools import partial
from typing import Any, NamedTuple

import typer

from sigma_core.errors import Invalid
from sigma_core.plugins import Plugin, load

GROUP = "sigma.commands"
"""Entry points of packages that add commands: a function, or a Typer of several."""


class PluginCommand(NamedTuple):
    """A command, or a group of commands, by name."""

    name: str
    made: Any

    def add_to(self, app: typer.Typer) -> None:
        """Offer it."""
        if isinstance(self.made, typer.Typer):
            app.add_typer(self.made, name=self.name)
        else:
            app.command(self.name)(self.made)


def register(app: typer.Typer) -> None:
    """Offer what installed packages bring, beside our own commands."""
    for command in load(GROUP, partial(_fit, _names(app))).things:
        command.add_to(app)


def _names(app: typer.Typer) -> frozenset[str]:
    """Of our own commands. To have Typer build them would cost every start 20 ms."""
    groups = {str(group.name) for group in app.registered_groups}
    return frozenset(groups | {each.name or _name(each.callback) for each in app.registered_commands})


def _name(callback: Callable[..., Any] | None) -> str:
    return typer.main.get_command_name(callback.__name__) if callback is not None else ""


def _fit(taken: frozenset[str], plugin: Plugin, value: Any, _: Sequence[PluginCommand]) -> PluginCommand:  # noqa: ANN401
    if plugin.name in taken:
        raise Invalid({"name": f"{plugin.name!r} is a command already"})
    if not callable(value):
        raise Invalid({"command": "is neither a function nor a Typer"})
    command = PluginCommand(plugin.name, value)
    # Typer reads the options only now: what it cannot read must not end every other command
    alone = typer.Typer()
    command.add_to(alone)
    typer.main.get_command(alone)
    return command
