"""An SMTP server on the loopback that keeps what it is handed."""

import socketserver
import threading
from email import message_from_bytes
from email.message import Message
from typing import Self


class MailServer(socketserver.ThreadingTCPServer):
    """Takes mail, or refuses it with `refusal`."""

    daemon_threads = True

    def __init__(self) -> None:
        self.taken: list[Message] = []
        self.logins: list[str] = []
        self.refusal: str | None = None
        super().__init__(("127.0.0.1", 0), _Conversation)

    @property
    def url(self) -> str:
        return f"smtp://robot:pass%21word@127.0.0.1:{self.server_address[1]}"

    def __enter__(self) -> Self:
        threading.Thread(target=self.serve_forever, args=(0.02,), daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        self.shutdown()
        self.server_close()


class _Conversation(socketserver.StreamRequestHandler):
    server: MailServer

    def handle(self) -> None:
        self._say("220 here")
        while line := self.rfile.readline():
            word = line[:4].decode().upper().strip()
            if word == "EHLO":
                self._say("250-here\r\n250 AUTH PLAIN")
            elif word == "AUTH":
                self.server.logins.append(line.decode().split()[-1])
                self._say("235 known")
            elif word == "DATA":
                self._take()
            elif word == "QUIT":
                self._say("221 bye")
                return
            else:
                self._say("250 go on")

    def _take(self) -> None:
        if self.server.refusal:
            self._say(self.server.refusal)
            return
        self._say("354 go on")
        lines = []
        while (line := self.rfile.readline()) != b".\r\n":
            lines.append(line)
        self.server.taken.append(message_from_bytes(b"".join(lines)))
        self._say("250 taken")

    def _say(self, text: str) -> None:
        self.wfile.write(f"{text}\r\n".encode())
