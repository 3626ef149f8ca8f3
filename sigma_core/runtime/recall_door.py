"""Answers `sigma recall` for other processes of the same owner, who need not load the embedder for one question."""

import json
import logging
import os
import socket
import threading
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from sqlalchemy.exc import SQLAlchemyError

from sigma_core.errors import SigmaError
from sigma_core.recall.door import place, read_line, same_world
from sigma_core.recall.replying import reply

if TYPE_CHECKING:
    from sigma_core.runtime.system import System

log = logging.getLogger(__name__)

MOST_BYTES = 64 * 1024
"""Of a question; its text has 2,000 characters at most."""
READ_S, LOOK_S = 5.0, 0.5
"""How long a question may take to come, and how often it is looked whether to stop."""
AT_ONCE = 2
Reply = Callable[[Mapping[str, Any]], Mapping[str, Any]]


@contextmanager
def recall_door(system: "System") -> Iterator[None]:
    """Answer until the block ends. Where no socket can be made, nobody is answered, and all else goes on."""
    path = place(system.settings.home)
    try:
        listening = _listen(path) if path else None
    except OSError as error:
        log.warning("`sigma recall` is not answered by this process: %s", error)
        listening = None
    if path is None or listening is None:
        yield
        return
    stop, mine = threading.Event(), path.stat().st_ino
    with ThreadPoolExecutor(1 + AT_ONCE, thread_name_prefix="recall-door") as threads:
        # Loads the embedder, where there is something to compare with: the first to ask need not wait for it
        threads.submit(system.recall.search.search, "ready")
        threads.submit(_serve, listening, threads, stop, lambda question: _answered(system, question))
        try:
            yield
        finally:
            stop.set()
            with suppress(FileNotFoundError):
                if path.stat().st_ino == mine:
                    path.unlink()


def _listen(path: Path) -> socket.socket:
    """In a folder that is its owner's alone, so that nobody else can come in before the socket is closed to them."""
    path.parent.mkdir(mode=0o700, exist_ok=True)
    path.parent.chmod(0o700)
    path.unlink(missing_ok=True)
    listening = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    listening.bind(os.fspath(path))
    path.chmod(0o600)
    listening.listen()
    listening.settimeout(LOOK_S)
    return listening


def _serve(listening: socket.socket, threads: ThreadPoolExecutor, stop: threading.Event, reply: Reply) -> None:
    with listening:
        while not stop.is_set():
            with suppress(TimeoutError):
                line, _ = listening.accept()
                threads.submit(_converse, line, reply)


def _converse(line: socket.socket, reply: Reply) -> None:
    with line:
        line.settimeout(READ_S)
        with suppress(OSError, ValueError):
            question = json.loads(read_line(line, MOST_BYTES))
            line.sendall(json.dumps(reply(question)).encode() + b"\n")


def _answered(system: "System", question: Mapping[str, Any]) -> Mapping[str, Any]:
    """An answer; for what is wrong or fails only that it is, for the other side then finds out by itself."""
    try:
        if question["world"] != same_world():
            return {"error": "another version, or other settings"}
        project, as_of = question["project"], question["as_of"]
        return reply(
            system.recall,
            question["query"],
            project_id=system.projects.service.get(project).id if project else None,
            limit=question["limit"],
            as_of=datetime.fromisoformat(as_of) if as_of else None,
        )
    except (SigmaError, SQLAlchemyError, KeyError, TypeError, ValueError) as error:
        log.info("A question was not answered: %s", error)
        return {"error": str(error)}
