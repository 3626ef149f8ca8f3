"""The one way from our threads to coroutines: an event loop in a thread of its own."""

import asyncio
import threading
from collections.abc import Coroutine
from typing import Any, TypeVar

from sigma_core.errors import Unavailable
from sigma_core.formatting import interval

Result = TypeVar("Result")


class Bridge:
    """Runs coroutines for any thread. Drivers live in its loop, because they are bound to one."""

    def __init__(self) -> None:
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, name="graph", daemon=True)
        self._thread.start()

    def run(self, coroutine: Coroutine[Any, Any, Result], timeout_s: float, of_s: float | None = None) -> Result:
        """The result. Raises `Unavailable` when it takes longer; what it waits for is then given up.

        `of_s`: the time of which only `timeout_s` is left, as the message is to name it.
        """
        future = asyncio.run_coroutine_threadsafe(asyncio.wait_for(coroutine, timeout_s), self._loop)
        try:
            return future.result()
        except TimeoutError:
            raise Unavailable(f"The graph did not answer within {interval(of_s or timeout_s)}.") from None

    def close(self) -> None:
        """End the loop and its thread, and whatever nobody waits for any more."""
        asyncio.run_coroutine_threadsafe(_give_up(), self._loop).result()
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()


async def _give_up() -> None:
    others = asyncio.all_tasks() - {asyncio.current_task()}
    for task in others:
        task.cancel()
    await asyncio.gather(*others, return_exceptions=True)
