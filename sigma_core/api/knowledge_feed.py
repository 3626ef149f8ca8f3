"""`/ws/knowledge`: what happens in the exchange, as it happens; a client that comes back misses nothing.

The server sends ``{"position": P, "happenings": […]}``. Whoever connects again with ``?position=P`` gets what has
happened since, each happening once. Without a position the feed begins now.
"""

import json
from collections.abc import Callable

from anyio import create_task_group, to_thread
from starlette.routing import WebSocketRoute
from starlette.websockets import WebSocket, WebSocketDisconnect

from sigma_core.api.access import Access, Unauthorized, bearer
from sigma_core.errors import Invalid, Unavailable
from sigma_core.exchange.feed import Happening, Position
from sigma_core.exchange.notifications import Wakeup, listen
from sigma_core.runtime.system import System

WAKE_S = 1.0
"""The longest that a client waits for what another process has said."""
BEAT_S = 15.0
"""Where nothing happens, an empty message says so often that the connection lives."""
_BAD_REQUEST, _NO_TOKEN, _AWAY = 4422, 4401, 1013


def route(system: Callable[[], System], access: Access) -> WebSocketRoute:
    """The endpoint."""

    async def knowledge(socket: WebSocket) -> None:
        """One client."""
        await socket.accept()
        try:
            access.caller(bearer(socket.headers.get("authorization", "")))
            sigma = await to_thread.run_sync(system)
            given = socket.query_params.get("position")
            position = Position.parse(given) if given else await to_thread.run_sync(sigma.exchange.feed.end)
            wakeup = await to_thread.run_sync(listen, sigma.database)
        except (Unauthorized, Invalid, Unavailable) as error:
            code = {Unauthorized: _NO_TOKEN, Invalid: _BAD_REQUEST}.get(type(error), _AWAY)
            await socket.close(code, str(error)[:120])
            return
        try:
            await _serve(socket, sigma, position, wakeup)
        finally:
            wakeup.close()

    return WebSocketRoute("/ws/knowledge", knowledge)


async def _serve(socket: WebSocket, sigma: System, position: Position, wakeup: Wakeup) -> None:
    async with create_task_group() as tasks:

        async def hear() -> None:
            """Whatever a client says is of no concern; its leaving is."""
            try:
                while True:
                    await socket.receive_text()
            except (WebSocketDisconnect, KeyError):
                tasks.cancel_scope.cancel()

        tasks.start_soon(hear)
        await _send(socket, [], position)
        quiet_s = 0.0
        while True:
            try:
                happenings, position = await to_thread.run_sync(sigma.exchange.feed.read, position)
                if happenings or quiet_s >= BEAT_S:
                    await _send(socket, happenings, position)
                    quiet_s = 0.0
                woken = await to_thread.run_sync(wakeup.wait, WAKE_S, abandon_on_cancel=True)
            except Unavailable as error:
                await socket.close(_AWAY, str(error)[:120])
                return
            quiet_s = 0.0 if woken else quiet_s + WAKE_S


async def _send(socket: WebSocket, happenings: list[Happening], position: Position) -> None:
    told = [{**vars(each), "at": each.at.isoformat()} for each in happenings]
    await socket.send_text(json.dumps({"position": str(position), "happenings": told}))
