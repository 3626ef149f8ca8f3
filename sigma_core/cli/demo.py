"""`sigma demo`: a month of history to look around in, in a home of its own."""

from pathlib import Path
from typing import Annotated

import typer

from sigma_core.cli import up
from sigma_core.cli.frame import emit, given_home, home, progress, settle_home
from sigma_core.cli.terminal import say


def demo(
    port: Annotated[
        int | None, typer.Option(min=1, max=65535, help="Of the console; the next free one if taken.")
    ] = None,
    start: Annotated[bool, typer.Option(help="Start scheduler and console on it, as `sigma up` does.")] = True,
) -> None:
    """Look around in a month of made-up history, in a home of its own beside yours; made at the first time."""
    settle_home(_place())
    made = _make()
    if start:
        up.up(project=None, port=port)
    else:
        emit({"home": str(home()), "made": made}, [f"The demo is in {home()}. Look at it: sigma demo --home {home()}"])


def _place() -> Path:
    from sigma_core.demo.making import home_beside

    return given_home() or home_beside(home())


def _make() -> bool:
    from sigma_core.demo.making import make
    from sigma_core.settings import load_settings

    say(f"Demo: {home()}", err=True)
    with progress() as show:
        return make(load_settings(home()), lambda text: show(f"making the demo's history: {text}"))
