"""Calls of a model server, each with one deadline over all of it."""

from __future__ import annotations

import asyncio
import threading
import weakref
from collections.abc import Awaitable, Callable
from concurrent.futures import Future
from importlib import import_module
from typing import TYPE_CHECKING, NamedTuple, TypeVar

if TYPE_CHECKING:
    from openai import AsyncOpenAI
    from pydantic import SecretStr

_T = TypeVar("_T")


class _Open(NamedTuple):
    """A client and the event loop, in a thread of its own, that it runs in until `stop` is set."""

    client: AsyncOpenAI
    loop: asyncio.AbstractEventLoop
    stop: asyncio.Event


class ServerClient:
    """Asks one model server, from any number of threads. Opened by the first call.

    Timeouts of a socket begin anew with every byte, so a server could hold a caller for ever. Calls therefore run in
    an event loop, where one deadline ends name look-up, connecting, headers and body alike and closes the connection.
    """

    def __init__(self, *, api_key: SecretStr | None, base_url: str | None) -> None:
        self._api_key, self._base_url = api_key, base_url
        self._opening = threading.Lock()
        self._open: _Open | None = None
        self._thread: threading.Thread | None = None

    def call(self, ask: Callable[[AsyncOpenAI], Awaitable[_T]], deadline_s: float) -> _T:
        """What `ask` gives. Raises `TimeoutError` at the deadline, whatever is waited for, else as `ask` does."""
        opened = self._opened()
        call = asyncio.run_coroutine_threadsafe(_within(deadline_s, ask, opened.client), opened.loop)
        try:
            return call.result()
        except BaseException:
            call.cancel()  # the caller was interrupted: the connection is closed
            raise

    def close(self) -> None:
        """Close the connections. The next call opens new ones."""
        with self._opening:
            if self._open is not None and self._thread is not None:
                _stop(self._open)
                self._thread.join()
            self._open = self._thread = None

    def _opened(self) -> _Open:
        """The client, made at the first call: importing it costs a second of start-up."""
        from openai import AsyncOpenAI

        from sigma_core.llm.transport import bounded_client

        # The client looks into httpx if that is there, and another thread may be half-way through loading it
        import_module("httpx")
        with self._opening:
            if self._open is None:
                # a local server needs no key, the client insists on one
                key = self._api_key.get_secret_value() if self._api_key else "unset"
                client = AsyncOpenAI(api_key=key, base_url=self._base_url, max_retries=0, http_client=bounded_client())
                opened: Future[_Open] = Future()
                self._thread = threading.Thread(
                    target=lambda: asyncio.run(_stay_open(client, opened)), name="model server", daemon=True
                )
                self._thread.start()
                self._open = opened.result()
                weakref.finalize(self, _stop, self._open).atexit = False
            return self._open


async def _stay_open(client: AsyncOpenAI, opened: Future[_Open]) -> None:
    async with client:
        stop = asyncio.Event()
        opened.set_result(_Open(client, asyncio.get_running_loop(), stop))
        await stop.wait()


async def _within(deadline_s: float, ask: Callable[[AsyncOpenAI], Awaitable[_T]], client: AsyncOpenAI) -> _T:
    async with asyncio.timeout(deadline_s):
        return await ask(client)


def _stop(opened: _Open) -> None:
    if not opened.loop.is_closed():
        opened.loop.call_soon_threadsafe(opened.stop.set)
