"""Runs one process to its end or to one of its limits."""

import os
import subprocess
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from signal import SIGKILL, Signals
from typing import Protocol

from sigma_core.projects.sandbox.capture import Capture
from sigma_core.projects.sandbox.channel import Channel
from sigma_core.projects.sandbox.model import Execution, ExecutionEnding, Grade, ResourceLimits

POLL_S = 0.1
STOP_S = 10.0
FLOOD_FACTOR = 64


class ResourceWatch(Protocol):
    """Looks at the resources of a running command."""

    @property
    def peak_bytes(self) -> int | None:
        """Largest memory seen, where it can be known."""
        ...

    def exceeded(self, pid: int) -> ExecutionEnding | None:
        """The limit that `pid` and its descendants are over, if any; also asked once after the end."""
        ...


@dataclass(frozen=True)
class Launch:
    """How a sandbox starts its outermost process, and the signal that takes everything inside with it."""

    grade: Grade
    argv: Sequence[str]
    limits: ResourceLimits
    fds: tuple[int, ...] = ()
    environment: dict[str, str] | None = None
    cwd: Path | None = None
    stop: Signals = SIGKILL


def supervise(launch: Launch, channel: Channel, watch: ResourceWatch, cancelled: Callable[[], bool]) -> Execution:
    """Start it, watch it, and say how it ended. Nothing of it is left when this returns."""
    began = time.monotonic()
    try:
        process = subprocess.Popen(
            launch.argv,
            stdin=channel.start,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            env=launch.environment or {},
            cwd=launch.cwd or "/",
            pass_fds=(*channel.fds, *launch.fds),
            start_new_session=True,
        )
    except OSError as error:
        return _refused(launch.grade, str(error))
    channel.begin()
    output = _capture(process, launch.limits)
    try:
        ending = _follow(process, launch.limits, output, channel, watch, cancelled, began)
    finally:
        _stop(process, launch.stop)
    started, report = channel.finish()
    text = output.finish().decode(errors="replace")
    if not started and ending in {ExecutionEnding.EXIT, ExecutionEnding.MEMORY}:
        return _refused(launch.grade, text.strip() or "The sandbox ended before the command could start.")
    return Execution(
        grade=launch.grade,
        ending=ending,
        exit_code=process.returncode if ending is ExecutionEnding.EXIT else None,
        duration_ms=round((time.monotonic() - began) * 1000),
        output=text,
        report=report,
        peak_memory_bytes=watch.peak_bytes,
    )


def _refused(grade: Grade, why: str) -> Execution:
    return Execution(grade, ExecutionEnding.REFUSED, None, 0, "", detail=why)


def _capture(process: subprocess.Popen[bytes], limits: ResourceLimits) -> Capture:
    if process.stdout is None:
        raise TypeError("the process was started without a pipe for its output")
    half = limits.output_bytes // 2
    # the thread owns a descriptor of its own, so that closing one never closes the other's
    fd = os.dup(process.stdout.fileno())
    process.stdout.close()
    return Capture(fd, head=half, tail=half, flood_at=limits.output_bytes * FLOOD_FACTOR)


def _follow(
    process: subprocess.Popen[bytes],
    limits: ResourceLimits,
    output: Capture,
    channel: Channel,
    watch: ResourceWatch,
    cancelled: Callable[[], bool],
    began: float,
) -> ExecutionEnding:
    while True:
        try:
            process.wait(POLL_S)
        except subprocess.TimeoutExpired:
            pass
        else:
            return watch.exceeded(process.pid) or ExecutionEnding.EXIT
        if over := watch.exceeded(process.pid):
            return over
        if output.flooded or channel.flooded:
            return ExecutionEnding.OUTPUT
        if channel.stalled:
            return ExecutionEnding.STALLED
        if time.monotonic() - began > limits.wall_s:
            return ExecutionEnding.TIMEOUT
        if cancelled():
            return ExecutionEnding.CANCELLED


def _stop(process: subprocess.Popen[bytes], signal: Signals) -> None:
    if process.poll() is None:
        process.send_signal(signal)
    try:
        process.wait(STOP_S)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()
