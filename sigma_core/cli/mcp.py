"""`sigma mcp`: SIGMA for coding agents."""

from contextlib import suppress
from typing import Annotated

import typer

from sigma_core.cli.frame import actor, emit, system


def mcp(
    http: Annotated[bool, typer.Option("--http", help="Over HTTP, at /mcp, instead of stdin and stdout.")] = False,
    port: Annotated[int | None, typer.Option(min=1, max=65535, help="With --http; the next free one if taken.")] = None,
    viewer: Annotated[bool, typer.Option("--viewer", help="The agent may look, and hand in nothing.")] = False,
) -> None:
    """Answer a coding agent: prove its changes, tell what they reach and what is known (Model Context Protocol)."""
    from sigma_core.actor import Role
    from sigma_core.api.access import Caller
    from sigma_core.api.mcp_server import PATH, build_mcp, serve_mcp
    from sigma_core.errors import Invalid

    if http and viewer:
        raise Invalid({"viewer": "goes with stdin and stdout; over HTTP the token's role counts"})
    sigma = system()
    if not http:
        caller = Caller(f"agent of {actor()}", Role.VIEWER if viewer else Role.OPERATOR)
        with suppress(KeyboardInterrupt):
            build_mcp(sigma, lambda: caller).run("stdio")
        return
    from sigma_core.runtime.address import authority
    from sigma_core.runtime.up import free_port

    chosen = free_port(sigma.settings.host, port or sigma.settings.port)
    url = f"http://{authority(sigma.settings.host, chosen)}{PATH}"
    with suppress(KeyboardInterrupt):
        serve_mcp(sigma, chosen, lambda: emit({"url": url, "port": chosen}, [f"Agents are answered at {url}."]))
