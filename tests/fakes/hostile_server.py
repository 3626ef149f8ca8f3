"""A model server of bare sockets that sends what no server should, and notes when its client has hung up."""

import json
import socket
import threading
from collections.abc import Callable, Sequence
from typing import Any

ANSWER = '{"severity": "high", "why": "x"}'
PATIENCE_S = 30.0
"""How long a server goes on with what never ends, where its client does not hang up."""
_PAUSE_S = 0.02

Script = Callable[["Peer"], None]
"""What is sent to a client whose request was read."""


class Peer:
    """One client of the server, which has asked `number` times before and now."""

    def __init__(self, connection: socket.socket, number: int, over: threading.Event) -> None:
        self.number = number
        self._connection, self._over = connection, over
        self.hung_up = False

    def send(self, *parts: bytes) -> None:
        self._connection.sendall(b"".join(parts))

    def drip(self, piece: bytes) -> None:
        """The same again and again, until the client hangs up."""
        for _ in range(int(PATIENCE_S / _PAUSE_S)):
            if self._over.is_set() or self._left():
                return
            self.send(piece)

    def _left(self) -> bool:
        self._connection.settimeout(_PAUSE_S)
        try:
            self.hung_up = self._connection.recv(1) == b""
        except TimeoutError:
            pass
        finally:
            self._connection.settimeout(None)
        return self.hung_up


class HostileServer:
    """Serves every request by one script."""

    def __init__(self, script: Script) -> None:
        self.requests: list[bytes] = []
        self._peers: list[Peer] = []
        self._script = script
        self._over = threading.Event()
        self._socket = socket.create_server(("127.0.0.1", 0))
        self._threads = [threading.Thread(target=self._serve, daemon=True)]

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self._socket.getsockname()[1]}/v1"

    def was_hung_up_on(self) -> bool:
        """Whether each client hung up, once all of them are gone."""
        for thread in self._threads[1:]:
            thread.join()
        return all(peer.hung_up for peer in self._peers)

    def __enter__(self) -> "HostileServer":
        self._threads[0].start()
        return self

    def __exit__(self, *_: object) -> None:
        self._over.set()
        self._socket.shutdown(socket.SHUT_RDWR)
        self._socket.close()
        for thread in self._threads:
            thread.join()

    def _serve(self) -> None:
        while True:
            try:
                connection, _ = self._socket.accept()
            except OSError:
                return
            self._threads.append(threading.Thread(target=self._answer, args=(connection,), daemon=True))
            self._threads[-1].start()

    def _answer(self, connection: socket.socket) -> None:
        with connection:
            request = _request(connection)
            if request is None:
                return
            self.requests.append(request)
            peer = Peer(connection, len(self.requests), self._over)
            self._peers.append(peer)
            try:
                self._script(peer)
            except (BrokenPipeError, ConnectionResetError):
                peer.hung_up = True


def _request(connection: socket.socket) -> bytes | None:
    """Head and body of a request; None from a client that asks nothing."""
    read = b""
    while b"\r\n\r\n" not in read:
        if not (more := connection.recv(65536)):
            return None
        read += more
    head, _, body = read.partition(b"\r\n\r\n")
    length = next(int(line[15:]) for line in head.lower().split(b"\r\n") if line.startswith(b"content-length:"))
    while len(body) < length:
        body += connection.recv(65536)
    return read


def completion(content: Any = ANSWER, *, message: Any = None, finish: Any = "stop", **fields: Any) -> bytes:
    """The body of a chat completion; `fields` go into it or, where None stands for one, out of it."""
    choice = {
        "index": 0,
        "finish_reason": finish,
        "message": {"role": "assistant", "content": content, **(message or {})},
    }
    usage = {"prompt_tokens": 10, "completion_tokens": 5}
    whole = {"id": "c", "object": "chat.completion", "created": 0, "model": "m", "choices": [choice], "usage": usage}
    return json.dumps({**whole, **fields}).encode()


def http(
    body: bytes,
    status: str = "200 OK",
    headers: Sequence[str] = (),
    *,
    kind: str = "application/json",
    version: str = "HTTP/1.1",
    length: bool = True,
) -> bytes:
    """A whole answer, after which the server hangs up."""
    lines = [f"{version} {status}", f"content-type: {kind}", *headers, "connection: close"]
    if length:
        lines.append(f"content-length: {len(body)}")
    return "\r\n".join([*lines, "", ""]).encode() + body


def says(answer: bytes) -> Script:
    """The same to everybody."""
    return lambda peer: peer.send(answer)


def first_then(first: bytes, then: bytes) -> Script:
    """One thing to the first request, another to all that follow."""
    return lambda peer: peer.send(first if peer.number == 1 else then)


def never_ends(beginning: bytes, piece: bytes) -> Script:
    """A beginning, then the same piece for ever."""

    def script(peer: Peer) -> None:
        peer.send(beginning)
        peer.drip(piece)

    return script
