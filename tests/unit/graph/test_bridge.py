"""The bridge between our threads and coroutines."""

import asyncio
import gc
import threading

import pytest

from sigma_core.errors import Unavailable
from sigma_core.graph.bridge import Bridge


def test_what_takes_too_long_is_given_up() -> None:
    bridge = Bridge()
    with pytest.raises(Unavailable, match=r"within 10 ms"):
        bridge.run(asyncio.sleep(60), 0.01)
    with pytest.raises(Unavailable, match=r"within 30 s"):
        bridge.run(asyncio.sleep(60), 0.0, of_s=30)
    assert bridge.run(asyncio.sleep(0, "done"), 10) == "done"
    bridge.close()


def test_what_nobody_waits_for_any_more_ends_quietly_with_it(caplog: pytest.LogCaptureFixture) -> None:
    bridge, started = Bridge(), threading.Event()

    async def long() -> None:
        started.set()
        await asyncio.sleep(60)

    asyncio.run_coroutine_threadsafe(long(), bridge._loop)
    assert started.wait(120)
    bridge.close()
    gc.collect()
    assert caplog.records == []
