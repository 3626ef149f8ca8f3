"""Bounded reading of what project code writes."""

import os
import threading
import time

CHUNK_BYTES = 65536
DRAIN_S = 5.0


class Capture:
    """Reads a pipe to its end in a thread of its own, so that the writer never waits for us.

    The first `head` and the last `tail` bytes are kept, the middle is dropped; `flooded` turns true once more than
    `flood_at` bytes came. Owns `fd` and closes it.
    """

    def __init__(self, fd: int, *, head: int, tail: int, flood_at: int) -> None:
        self._fd = fd
        self._head_bytes, self._tail_bytes, self._flood_at = head, tail, flood_at
        self._head = bytearray()
        self._tail = bytearray()
        self._seen = 0
        self._lines = 0
        self._heard = time.monotonic()
        self._thread = threading.Thread(target=self._read, name="sandbox-capture", daemon=True)
        self._thread.start()

    @property
    def flooded(self) -> bool:
        """Did more come than anybody should send?"""
        return self._seen > self._flood_at

    def quiet_s(self, after_lines: int) -> float:
        """For how long nothing has come, once so many lines have; 0 before."""
        return time.monotonic() - self._heard if self._lines >= after_lines else 0.0

    def finish(self) -> bytes:
        """What was kept; waits for the end of the pipe, but not for a writer that got away."""
        self._thread.join(DRAIN_S)
        head, tail = bytes(self._head), bytes(self._tail[-self._tail_bytes :] if self._tail_bytes else b"")
        dropped = self._seen - len(head) - len(tail)
        if dropped <= 0 or not self._tail_bytes:
            return head + tail
        return head + f"\n… {dropped} bytes dropped …\n".encode() + tail

    def _read(self) -> None:
        with os.fdopen(self._fd, "rb", buffering=0) as pipe:
            while chunk := pipe.read(CHUNK_BYTES):
                self._keep(chunk)

    def _keep(self, chunk: bytes) -> None:
        self._seen += len(chunk)
        self._lines += chunk.count(b"\n")
        self._heard = time.monotonic()
        room = self._head_bytes - len(self._head)
        if room > 0:
            self._head += chunk[:room]
            chunk = chunk[room:]
        if self._tail_bytes:
            self._tail += chunk
            # cut now and then only: a copy for each chunk would make a flood expensive
            if len(self._tail) > self._tail_bytes + 16 * CHUNK_BYTES:
                del self._tail[: -self._tail_bytes]
