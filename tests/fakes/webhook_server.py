"""A receiver of webhooks on the loopback: keeps what is posted, and answers as it is told."""

import os
import signal
import time
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler

from fakes.loopback_server import LoopbackServer


@dataclass
class Posted:
    """One request."""

    path: str
    headers: dict[str, str]
    body: bytes


@dataclass
class Answers:
    """How the next requests are answered."""

    status: int = 200
    kill: int | None = None
    """A process that dies while it waits for the answer."""
    dribbles: bool = False
    posted: list[Posted] = field(default_factory=list)


class WebhookServer(LoopbackServer):
    """The receiver."""

    def __init__(self) -> None:
        self.answers = Answers()
        super().__init__(type("Handler", (_Handler,), {"answers": self.answers}))


class _Handler(BaseHTTPRequestHandler):
    answers: Answers

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        headers = {name.lower(): value for name, value in self.headers.items()}
        self.answers.posted.append(Posted(self.path, headers, body))
        if self.answers.kill is not None:
            os.kill(self.answers.kill, signal.SIGKILL)
            return
        if self.answers.dribbles:
            self._dribble()
            return
        self.send_response(self.answers.status)
        self.send_header("Location", "/elsewhere")
        self.send_header("Content-Length", "0")
        self.end_headers()

    def _dribble(self) -> None:
        try:
            self.wfile.write(b"HTTP/1.1 200 OK\r\nX-Long: ")
            while self.answers.dribbles:
                self.wfile.write(b"a")
                self.wfile.flush()
                time.sleep(0.05)
        except OSError:
            self.close_connection = True

    def log_message(self, format: str, *args: object) -> None:
        pass
