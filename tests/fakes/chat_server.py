"""A real HTTP server on the loopback that speaks chat completions and answers as the test scripts it."""

import json
import threading
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler
from typing import Any

from fakes.loopback_server import LoopbackServer


@dataclass(frozen=True)
class Reply:
    """One scripted HTTP answer. `delay_s` passes before it, `pause_s` between its bytes."""

    status: int = 200
    body: bytes = b"{}"
    headers: Mapping[str, str] = field(default_factory=dict)
    delay_s: float = 0
    pause_s: float = 0
    hang_up: bool = False


def completion(content: str | None, *, finish_reason: str = "stop", usage: Any = None, delay_s: float = 0) -> Reply:
    """A chat completion with this text."""
    usage = usage or {"prompt_tokens": 120, "completion_tokens": 30, "prompt_tokens_details": {"cached_tokens": 20}}
    choice = {"index": 0, "finish_reason": finish_reason, "message": {"role": "assistant", "content": content}}
    body = {"id": "c1", "object": "chat.completion", "created": 0, "model": "m", "choices": [choice], "usage": usage}
    return Reply(body=json.dumps(body).encode(), delay_s=delay_s)


def answer(data: Any, **options: Any) -> Reply:
    """A chat completion whose text is this JSON document."""
    return completion(json.dumps(data), **options)


def failure(status: int, message: str = "no", **headers: str) -> Reply:
    """An error in the words of the protocol."""
    body = json.dumps({"error": {"message": message, "type": "error"}}).encode()
    return Reply(status, body, {name.replace("_", "-"): value for name, value in headers.items()})


class ChatServer(LoopbackServer):
    """Serves the scripted replies in order, the last one again and again, and keeps what it was asked.

    A request whose system text holds one of the keys of `by_text` gets that reply.
    """

    def __init__(self) -> None:
        self.replies: list[Reply] = []
        self.by_text: dict[str, Reply] = {}
        self.requests: list[dict[str, Any]] = []
        self.headers: list[dict[str, str]] = []
        self.most_at_once = 0
        self._at_once = 0
        self._lock = threading.Lock()
        super().__init__(_handler(self))

    @property
    def url(self) -> str:
        """What goes into OPENAI_BASE_URL."""
        return f"{super().url}/v1"

    def script(self, *replies: Reply) -> None:
        """What to answer from now on."""
        self.replies = list(replies)

    def asked(self, text: str) -> list[dict[str, Any]]:
        """The requests whose system text holds this."""
        return [each for each in self.requests if text in str(each["messages"][0]["content"])]

    def take(self, request: dict[str, Any], headers: dict[str, str]) -> Reply:
        """Note a request and choose its reply."""
        with self._lock:
            self.requests.append(request)
            self.headers.append(headers)
            self._at_once += 1
            self.most_at_once = max(self.most_at_once, self._at_once)
            system = str(request["messages"][0]["content"])
            if (reply := next((reply for text, reply in self.by_text.items() if text in system), None)) is not None:
                return reply
            return self.replies.pop(0) if len(self.replies) > 1 else self.replies[0]

    def done(self) -> None:
        """A request is answered."""
        with self._lock:
            self._at_once -= 1


def _handler(server: ChatServer) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["content-length"]))
            reply = server.take(json.loads(body), {name.lower(): value for name, value in self.headers.items()})
            try:
                time.sleep(reply.delay_s)
                if not reply.hang_up:
                    self._send(reply)
            except (BrokenPipeError, ConnectionResetError):
                pass  # the client gave up, as some tests want it to
            finally:
                server.done()

        def _send(self, reply: Reply) -> None:
            self.send_response(reply.status)
            for name, value in {"content-type": "application/json", **reply.headers}.items():
                self.send_header(name, value)
            self.send_header("content-length", str(len(reply.body)))
            self.end_headers()
            if not reply.pause_s:
                self.wfile.write(reply.body)
                return
            for byte in reply.body:
                self.wfile.write(bytes([byte]))
                self.wfile.flush()
                time.sleep(reply.pause_s)

        def log_message(self, *_: object) -> None:
            """Keep the test's output clean."""

    return Handler
