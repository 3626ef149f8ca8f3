"""The pipes by which our own tools inside the sandbox report to us."""

import os
from collections.abc import Mapping
from types import TracebackType
from typing import Self

from sigma_core.projects.sandbox.capture import Capture
from sigma_core.projects.sandbox.model import Request


class Channel:
    """A report pipe, a secret pipe holding the nonce, and a pipe that tells when project code starts.

    The ends for the child are `fds`, to be inherited; `start` is given to it as standard input. None of them has
    a name, so other processes inside cannot open them.
    """

    def __init__(self, request: Request) -> None:
        self._started_read, self.start = os.pipe()
        self._child_ends = [self.start]
        self._limits = request.limits
        self._places: dict[str, int] = {}
        self._report: Capture | None = None
        self._report_read: int | None = None
        if request.nonce is not None:
            self._open_report(request.nonce)

    @property
    def fds(self) -> tuple[int, ...]:
        """What the child inherits under the same numbers."""
        return tuple(self._places.values())

    def argv(self, request: Request, tools: Mapping[str, str]) -> list[str]:
        """The command with ``{report}``, ``{secret}`` and the places of the tools filled in."""
        words = list(request.argv)
        for name, fd in self._places.items():
            if f"{{{name}}}" in words:
                words[words.index(f"{{{name}}}")] = str(fd)
        return [_placed(word, tools) for word in words]

    def begin(self) -> None:
        """To be called once the child has its ends: closes them here and starts to read."""
        while self._child_ends:
            os.close(self._child_ends.pop())
        if self._report_read is not None:
            limit = self._limits.report_bytes
            self._report = Capture(self._report_read, head=limit, tail=0, flood_at=limit)
            self._report_read = None

    @property
    def flooded(self) -> bool:
        """Is the report longer than allowed?"""
        return self._report is not None and self._report.flooded

    @property
    def stalled(self) -> bool:
        """Has the report been silent for longer than a test may last? Not before its second record: what comes first
        is the search for tests, which takes its time."""
        return self._report is not None and self._report.quiet_s(2) > self._limits.test_s

    def finish(self) -> tuple[bool, bytes]:
        """Whether project code was started, and the report; call it when the child has ended."""
        os.set_blocking(self._started_read, False)
        try:
            started = os.read(self._started_read, 1) != b""
        except BlockingIOError:
            started = False
        return started, self._report.finish() if self._report else b""

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        ends = [*self._child_ends, self._started_read]
        if self._report_read is not None:
            ends.append(self._report_read)
        for fd in ends:
            os.close(fd)

    def _open_report(self, nonce: str) -> None:
        self._report_read, report = os.pipe()
        secret, nonce_end = os.pipe()
        self._places = {"report": report, "secret": secret}
        self._child_ends += [report, secret]
        # a nonce is far shorter than a pipe's buffer: this never blocks
        os.write(nonce_end, nonce.encode())
        os.close(nonce_end)


def _placed(word: str, tools: Mapping[str, str]) -> str:
    for name, place in tools.items():
        if word.startswith(f"{{{name}}}"):
            return place + word[len(name) + 2 :]
    return word
