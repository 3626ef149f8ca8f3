"""Usage rows that wait in a file, one JSON document a line, while the store is away."""

import fcntl
import json
import logging
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import IO

from sigma_core.llm.tables import PromptUsage

logger = logging.getLogger(__name__)


class Spool:
    """A file that several processes share."""

    def __init__(self, path: Path) -> None:
        self._path = path

    @property
    def empty(self) -> bool:
        """Whether nothing waits."""
        return not self._path.exists() or not self._path.stat().st_size

    def keep(self, rows: Sequence[PromptUsage]) -> None:
        """Add rows; on a disk that is full they go to the log."""
        lines = [row.model_dump_json(exclude={"id"}) for row in rows]
        try:
            with self._locked() as file:
                # begins its own line, should another process have died in the middle of one
                file.write("".join(f"\n{line}\n" for line in lines))
        except OSError:
            logger.exception("usage row lost, neither store nor spool can be written: %s", "\n".join(lines))

    @contextmanager
    def held(self) -> Iterator[dict[str, PromptUsage]]:
        """What waits, by call, kept from other processes meanwhile; gone after `clear` inside."""
        with self._locked() as file:
            yield {row.call_id: row for row in _rows(file)}

    def clear(self) -> None:
        """Forget what waited: inside `held` only."""
        with self._path.open("r+b") as file:
            file.truncate(0)

    @contextmanager
    def _locked(self) -> Iterator[IO[str]]:
        """The file, held against other processes; written at its end."""
        self._path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        with self._path.open("a+", encoding="utf-8") as file:
            fcntl.flock(file, fcntl.LOCK_EX)
            yield file


def _rows(file: IO[str]) -> Iterator[PromptUsage]:
    file.seek(0)
    for line in filter(str.strip, file):
        try:
            yield PromptUsage.model_validate(json.loads(line))
        except ValueError:
            # a process that died while writing leaves half a line
            logger.warning("unreadable usage row left out of the store: %s", line.strip())
