"""An SMTP server on the loopback that keeps what it is handed."""

import socketserver
import ssl
import threading
import time
from email import message_from_bytes
from email.message import Message
from typing import Self


class MailServer(socketserver.ThreadingTCPServer):
    """Takes mail, or refuses it with `refusal`. With `tls` all is encrypted, or with `on_demand` after STARTTLS."""

    daemon_threads = True

    def __init__(self, tls: ssl.SSLContext | None = None, *, on_demand: bool = False) -> None:
        self.tls, self.on_demand = tls, on_demand
        self.taken: list[Message] = []
        self.logins: list[str] = []
        self.encrypted: list[bool] = []
        self.refusal: str | None = None
        self.dribbles: dict[str, bytes] = {}
        """By the word of the client ("" for none yet), what it is sent without end in place of an answer."""
        self.was_hung_up_on = threading.Event()
        super().__init__(("127.0.0.1", 0), _Conversation)

    @property
    def url(self) -> str:
        return f"smtp://robot:pass%21word@127.0.0.1:{self.server_address[1]}"

    def url_as(self, scheme: str, host: str) -> str:
        """Its address, said otherwise."""
        return f"{scheme}://robot:pass%21word@{host}:{self.server_address[1]}"

    def handle_error(self, *_: object) -> None:
        """Who does not trust it hangs up."""

    def __enter__(self) -> Self:
        threading.Thread(target=self.serve_forever, args=(0.02,), daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        self.shutdown()
        self.server_close()


class _Conversation(socketserver.StreamRequestHandler):
    server: MailServer

    def finish(self) -> None:
        super().finish()
        # Encrypted, it is not the one that the server closes
        self.request.close()

    def handle(self) -> None:
        self.encrypted = False
        if self.server.tls is not None and not self.server.on_demand:
            self._encrypt()
        if "" in self.server.dribbles:
            self._dribble("")
            return
        self._say("220 here")
        while line := self.rfile.readline():
            word = line[:4].decode().upper().strip()
            if word in self.server.dribbles:
                self._dribble(word)
                return
            if word == "EHLO":
                starttls = "250-STARTTLS\r\n" if self.server.on_demand and not self.encrypted else ""
                self._say(f"250-here\r\n{starttls}250 AUTH PLAIN")
            elif word == "AUTH":
                self.server.logins.append(line.decode().split()[-1])
                self._say("235 known")
            elif word == "STAR":
                self._say("220 begin")
                self._encrypt()
            elif word == "DATA":
                self._take()
            elif word == "QUIT":
                self._say("221 bye")
                return
            else:
                self._say("250 go on")

    def _dribble(self, word: str) -> None:
        try:
            while True:
                self.wfile.write(self.server.dribbles[word])
                time.sleep(0.02)
        except OSError:
            self.server.was_hung_up_on.set()

    def _encrypt(self) -> None:
        self.request = self.server.tls.wrap_socket(self.request, server_side=True)
        self.setup()
        self.encrypted = True

    def _take(self) -> None:
        if self.server.refusal:
            self._say(self.server.refusal)
            return
        self._say("354 go on")
        lines = []
        while (line := self.rfile.readline()) != b".\r\n":
            lines.append(line)
        self.server.taken.append(message_from_bytes(b"".join(lines)))
        self.server.encrypted.append(self.encrypted)
        self._say("250 taken")

    def _say(self, text: str) -> None:
        self.wfile.write(f"{text}\r\n".encode())
