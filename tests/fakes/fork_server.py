"""Processes that start fast: forked from a server that has loaded what they need."""

import multiprocessing
from multiprocessing import forkserver
from multiprocessing.context import ForkServerContext
from pathlib import Path

import pytest

PROCESSES: ForkServerContext = multiprocessing.get_context("forkserver")
LOADED = ["fakes.crash_executor", "fakes.exchange_actor", "fakes.knowledge_race", "fakes.verifying_host"]


def start_fork_server() -> None:
    """Once for all tests of this process."""
    PROCESSES.set_forkserver_preload(LOADED)
    # The server is not told where this process finds modules, and says nothing of those that it does not find
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("PYTHONPATH", str(Path(__file__).parents[1]))
        forkserver.ensure_running()
