"""`sigma serve`: the API without the console. `sigma scheduler`: the work without either.

`sigma verifier`: the part of it that takes the most of a machine.
"""

from contextlib import suppress
from typing import Annotated

import typer

from sigma_core.cli.frame import emit, home, system


def serve(
    port: Annotated[int | None, typer.Option(min=1, max=65535, help="The next free one if taken.")] = None,
) -> None:
    """Answer the REST API and its WebSocket, without the console; stop on Ctrl-C.

    The scheduler is a process of its own: what is asked for here waits for it.
    """
    from sigma_core.api.server import serve_api
    from sigma_core.runtime.address import authority
    from sigma_core.runtime.up import free_port

    sigma = system()
    chosen = free_port(sigma.settings.host, port or sigma.settings.port)
    url = f"http://{authority(sigma.settings.host, chosen)}/api"
    with suppress(KeyboardInterrupt):
        serve_api(
            sigma, chosen, lambda: emit({"url": url, "port": chosen}, [f"The API answers at {url}; stop: Ctrl-C."])
        )


def scheduler() -> None:
    """Do the work and nothing else, until SIGTERM or Ctrl-C: on further hosts, and under a service manager."""
    from sigma_core.runtime.service import serve as work

    raise typer.Exit(work(home()))


def verifier(
    slots: Annotated[int, typer.Option(min=1, max=64, help="How many at once; each runs test suites.")] = 1,
) -> None:
    """Verify what schedulers hand over (`SIGMA_VERIFICATION=procrastinate`), until SIGTERM or Ctrl-C."""
    from sigma_core.runtime.verifying import serve as verify

    raise typer.Exit(verify(home(), slots))
