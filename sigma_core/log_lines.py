"""What processes of a home have logged, as people look through it: the latest lines, read from the files' ends."""

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from heapq import nlargest
from itertools import islice
from pathlib import Path
from typing import Any

LEVELS = ("debug", "info", "warning", "error", "critical")
READ_BYTES = 4 * 1024 * 1024
"""Of each file, from its end."""
_PLAIN = frozenset({"timestamp", "level", "event", "logger", "exception", "run", "worker"})


@dataclass(frozen=True)
class LogLine:
    """One event."""

    at: str
    """ISO, UTC."""
    level: str
    process: str
    logger: str
    text: str
    run: int | None
    worker: str | None
    traceback: str
    facts: Mapping[str, Any]
    """What else was said with it."""


@dataclass(frozen=True)
class WantedLines:
    """Which lines are wanted: from this level on, holding every word of `text`, of one run or process alone."""

    level: str = "info"
    text: str = ""
    run: int | None = None
    process: str | None = None
    since: str = ""
    """ISO, UTC: nothing that was logged before is looked at."""

    def has(self, line: LogLine) -> bool:
        """Whether it is one of them."""
        if LEVELS.index(line.level) < LEVELS.index(self.level):
            return False
        if self.run is not None and line.run != self.run:
            return False
        if self.process is not None and line.process != self.process:
            return False
        held = f"{line.text} {line.logger} {line.worker} {line.traceback} {line.facts or ''}".lower()
        return all(word in held for word in self.text.lower().split())


class LogFiles:
    """The log files of a home."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def processes(self) -> Sequence[str]:
        """Which processes have logged anything."""
        return sorted({file.name.partition(".")[0] for file in self._folder.glob("*.jsonl*")})

    def version(self) -> Sequence[tuple[str, int, int]]:
        """Another value once anything was logged: asking costs no more than the files' sizes."""
        found = ((file.name, file.stat()) for file in sorted(self._folder.glob("*.jsonl*")))
        return [(name, stat.st_size, stat.st_mtime_ns) for name, stat in found]

    def latest(self, wanted: WantedLines, most: int) -> Sequence[LogLine]:
        """The latest lines wanted, oldest first."""
        every = (
            line
            for file in self._folder.glob("*.jsonl*")
            for line in islice(filter(wanted.has, _newest_first(file, wanted)), most)
        )
        return nlargest(most, every, key=lambda line: line.at)[::-1]


def _newest_first(file: Path, wanted: WantedLines) -> Iterator[LogLine]:
    process = file.name.partition(".")[0]
    # Whatever else a line of this run says, it holds the run's number: others need not be understood
    number = b"" if wanted.run is None else str(wanted.run).encode()
    with file.open("rb") as opened:
        opened.seek(0, 2)
        begin = max(opened.tell() - READ_BYTES, 0)
        opened.seek(begin)
        raw = opened.read().splitlines()
    # A line that was begun before what is read, or that is being written, is no JSON
    for text in reversed(raw[1:] if begin else raw):
        if number not in text:
            continue
        try:
            event = json.loads(text)
        except ValueError:
            continue
        if isinstance(event, dict) and event.get("level") in LEVELS:
            line = _line(process, event)
            if line.at < wanted.since:
                return
            yield line


def _line(process: str, event: Mapping[str, Any]) -> LogLine:
    run, worker = event.get("run"), event.get("worker")
    return LogLine(
        at=str(event.get("timestamp", "")),
        level=str(event["level"]),
        process=process,
        logger=str(event.get("logger", "")),
        text=str(event.get("event", "")),
        run=run if isinstance(run, int) else None,
        worker=worker if isinstance(worker, str) else None,
        traceback=str(event.get("exception") or ""),
        facts={name: value for name, value in event.items() if name not in _PLAIN},
    )
