"""Sessions on a running console, without the browser's own work: each asks for pages and waits for their end."""

import asyncio
import os
import time
from collections.abc import Iterator, Sequence
from contextlib import AsyncExitStack
from dataclasses import dataclass
from pathlib import Path
from random import Random
from typing import NamedTuple

from streamlit.proto.BackMsg_pb2 import BackMsg
from streamlit.proto.ForwardMsg_pb2 import ForwardMsg
from websockets.asyncio.client import ClientConnection, connect

TICKS = os.sysconf("SC_CLK_TCK")


class Views(NamedTuple):
    """How long each view took from the question to its end, and the server's CPU for all of them, in seconds."""

    took: Sequence[float]
    cpu: float

    def percentile(self, share: float) -> float:
        """In seconds."""
        return sorted(self.took)[min(len(self.took) - 1, int(share * len(self.took)))]


@dataclass(frozen=True)
class Person:
    """One who has the console open."""

    socket: ClientConnection

    async def open(self, page: str) -> float:
        """Seconds from asking for a page until its script has ended."""
        message = BackMsg()
        message.rerun_script.page_name = "" if page == "overview" else page
        message.rerun_script.context_info.timezone = "Europe/Berlin"
        began = time.perf_counter()
        await self.socket.send(message.SerializeToString())
        while True:
            told = ForwardMsg.FromString(bytes(await self.socket.recv(decode=False)))
            if told.WhichOneof("type") == "script_finished":
                assert told.script_finished == ForwardMsg.FINISHED_SUCCESSFULLY, told.script_finished
                return time.perf_counter() - began


@dataclass(frozen=True)
class Server:
    """A console that runs in a process of its own, started by this one."""

    url: str

    def memory_mb(self) -> float:
        """What its process holds now."""
        fields = dict(line.split(":", 1) for line in (self._process / "status").read_text().splitlines() if ":" in line)
        return int(fields["VmRSS"].split()[0]) / 1024

    def cpu_s(self) -> float:
        """What its process has used so far."""
        fields = (self._process / "stat").read_text().rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) / TICKS

    @property
    def _process(self) -> Path:
        return next(_consoles())

    def views(self, people: int, pages: Sequence[str], each: int, pace_s: float) -> Views:
        """So many people open pages in turn: each the next one after `pace_s` in the mean, at moments of his own."""
        return asyncio.run(self._views(people, pages, each, pace_s))

    async def _views(self, people: int, pages: Sequence[str], each: int, pace_s: float) -> Views:
        async with AsyncExitStack() as open_:
            present = [Person(await open_.enter_async_context(self._connection())) for _ in range(people)]
            for person in present:
                await person.open("overview")
            before = self.cpu_s()
            took = await asyncio.gather(
                *(_walk(person, pages, each, pace_s, number) for number, person in enumerate(present))
            )
            return Views([view for mine in took for view in mine], self.cpu_s() - before)

    def _connection(self) -> connect:
        address = self.url.replace("http", "ws", 1) + "/_stcore/stream"
        return connect(address, subprotocols=["streamlit"], origin=self.url, max_size=None, compression=None)


async def _walk(person: Person, pages: Sequence[str], each: int, pace_s: float, number: int) -> list[float]:
    chance, took = Random(number), []
    for at in range(each):
        await asyncio.sleep(pace_s * chance.uniform(0, 2))
        took.append(await person.open(pages[(at + number) % len(pages)]))
    return took


def _consoles() -> Iterator[Path]:
    """The processes that this one started and that serve a console."""
    for place in Path("/proc").iterdir():
        if not place.name.isdecimal():
            continue
        parent = int((place / "stat").read_text().rpartition(")")[2].split()[1])
        if parent == os.getpid() and b"streamlit" in (place / "cmdline").read_bytes():
            yield place
