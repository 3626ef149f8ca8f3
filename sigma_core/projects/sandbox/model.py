"""What is asked of a sandbox and what it answers."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path
from typing import Protocol

MIB = 1024 * 1024


class Grade(StrEnum):
    """How far project code is kept from the rest of the machine."""

    FULL = "full"
    REDUCED = "reduced"
    NONE = "none"


class ExecutionEnding(StrEnum):
    """Why an execution ended."""

    EXIT = "exit"
    TIMEOUT = "timeout"
    STALLED = "stalled"
    """Its report was silent for longer than one test may last."""
    MEMORY = "memory"
    DISK = "disk"
    """Only where the quota is watched from outside (reduced); elsewhere the code itself meets "no space left"."""
    OUTPUT = "output"
    CANCELLED = "cancelled"
    REFUSED = "refused"
    """No project code ran: the grade does not allow it, or the sandbox itself could not start."""


@dataclass(frozen=True)
class ResourceLimits:
    """Bounds on one execution. Sizes in bytes, time in seconds.

    `test_s` is for one test, where a report tells them apart: one that does not end by then ends the run.

    `disk_bytes` holds for the checkout and for the temporary folder, each; `output_bytes` is what is kept of the
    output, its beginning and its end. An output of 64 times that, or a report over `report_bytes`, ends the run.
    """

    wall_s: float = 600
    test_s: float = 120
    memory_bytes: int = 2048 * MIB
    processes: int = 256
    disk_bytes: int = 1024 * MIB
    output_bytes: int = 1 * MIB
    report_bytes: int = 64 * MIB


@dataclass(frozen=True)
class Request:
    """One command of the project.

    `source` is a tree that no project code can write; it is copied to `checkout`, the path at which the code
    finds itself. `readable` are further host paths visible, read-only, at their own place (the interpreter, an
    environment). `writable` are folders it may change, at their own place; disk_bytes holds for each of them, watched
    from outside. `tools` are ours, visible read-only as ``/sigma/<name>`` (at the reduced grade: their own path;
    write ``{name}`` in `argv` for the place, e.g. ``{probe}/run.py``).
    With `nonce` set, two extra pipes are inherited: the first word ``{report}`` in `argv` becomes the number of
    the file descriptor to write records to, ``{secret}`` that of the one to read the nonce from.
    """

    argv: tuple[str, ...]
    source: Path
    checkout: Path
    readable: tuple[Path, ...] = ()
    writable: tuple[Path, ...] = ()
    tools: Mapping[str, Path] = field(default_factory=dict)
    environment: Mapping[str, str] = field(default_factory=dict)
    limits: ResourceLimits = field(default_factory=ResourceLimits)
    network: bool = False
    nonce: str | None = None


@dataclass(frozen=True)
class Execution:
    """What came of it. `exit_code` is None where the command did not end by itself."""

    grade: Grade
    ending: ExecutionEnding
    exit_code: int | None
    duration_ms: int
    output: str
    report: bytes = b""
    peak_memory_bytes: int | None = None
    detail: str = ""


class Sandbox(Protocol):
    """Runs a request. Never raises for what project code does; the `Execution` tells."""

    @property
    def grade(self) -> Grade: ...

    def run(self, request: Request, cancelled: Callable[[], bool] = lambda: False) -> Execution: ...
