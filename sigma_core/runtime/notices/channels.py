"""The ways to people: mail over SMTP, and a webhook. Each has a deadline over the whole of a delivery."""

import asyncio
import hashlib
import hmac
import json
import smtplib
import socket
import ssl
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import datetime
from email.message import EmailMessage
from email.utils import format_datetime
from typing import Any, Protocol
from urllib.parse import SplitResult, unquote, urlsplit

import httpx2
from pydantic import SecretStr

from sigma_core.addresses import plain
from sigma_core.errors import Invalid, Unavailable
from sigma_core.runtime.address import is_loopback
from sigma_core.settings import Settings, environment_name

DEADLINE_S = 20.0
_NEEDED = {"smtp_url": ("mail_from", "mail_to"), "webhook_url": ("webhook_secret",)}


@dataclass(frozen=True)
class Telling:
    """What a person reads, and the key by which a repetition is known."""

    key: str
    kind: str
    title: str
    text: str
    link: str | None
    at: datetime


class NoticeChannel(Protocol):
    """A way to people."""

    @property
    def name(self) -> str:
        """What the way is called."""

    def send(self, telling: Telling) -> None:
        """Returns once the other side has taken it. Raises `Unavailable`."""


class _Conversation(smtplib.SMTP):
    """One with a mail server that is over in time, its greeting included, whatever part of it the server draws out."""

    def __init__(self, host: str, port: int, *, timeout: float, **how: Any) -> None:  # noqa: ANN401 (a TLS context, or none)
        self._is_late = False
        # The library's own timeout counts for one read: a server that dribbles would hold us for ever
        self._deadline = threading.Timer(timeout, self._hang_up)
        self._deadline.daemon = True
        self._deadline.start()
        try:
            super().__init__(host, port, timeout=timeout, **how)
        except BaseException:
            self.close()
            raise

    def getreply(self) -> tuple[int, bytes]:
        """As there. Raises `TimeoutError` where the time is over: what was read till then may be half an answer."""
        answer = (-1, b"")
        try:
            if not self._is_late:
                answer = super().getreply()
        except smtplib.SMTPServerDisconnected:
            if not self._is_late:
                raise
        if self._is_late:
            self.close()
            raise TimeoutError
        return answer

    def close(self) -> None:
        """As there."""
        self._deadline.cancel()
        super().close()

    def _hang_up(self) -> None:
        self._is_late = True
        if self.sock is not None:
            # A reader that waits is woken by this alone: who closes waits for it
            with suppress(OSError):
                self.sock.shutdown(socket.SHUT_RDWR)


class _EncryptedConversation(_Conversation, smtplib.SMTP_SSL):
    """The same, encrypted from the first byte."""


@dataclass(frozen=True)
class Mail:
    """Over one SMTP server, encrypted but on this machine."""

    url: SecretStr
    sender: str
    receivers: tuple[str, ...]
    deadline_s: float = DEADLINE_S
    name: str = "mail"

    def send(self, telling: Telling) -> None:
        """Hand it to the server. Raises `Unavailable`."""
        server = urlsplit(self.url.get_secret_value())
        try:
            with self._connected(server) as smtp:
                if server.username:
                    smtp.login(unquote(server.username), unquote(server.password or ""))
                smtp.send_message(self._message(telling), self.sender, self.receivers)
        except (OSError, smtplib.SMTPException, ValueError) as error:
            raise Unavailable(f"The mail server did not take it: {_reason(error)}") from None

    @contextmanager
    def _connected(self, server: SplitResult) -> Iterator[smtplib.SMTP]:
        host, context = server.hostname or "", ssl.create_default_context()
        smtp: _Conversation
        if server.scheme == "smtps":
            smtp = _EncryptedConversation(host, server.port or 465, timeout=self.deadline_s, context=context)
        else:
            smtp = _Conversation(host, server.port or 587, timeout=self.deadline_s)
        try:
            if server.scheme == "smtp" and not _is_here(host):
                smtp.starttls(context=context)
            yield smtp
            smtp.quit()
        finally:
            smtp.close()

    def _message(self, telling: Telling) -> EmailMessage:
        message = EmailMessage()
        message["From"], message["To"] = self.sender, ", ".join(self.receivers)
        message["Subject"], message["Date"] = f"SIGMA: {telling.title}", format_datetime(telling.at)
        # The same of each repetition: mail programs show one
        message["Message-ID"], message["X-Sigma-Key"] = f"<{telling.key}@sigma.invalid>", telling.key
        message.set_content("\n\n".join(filter(None, (telling.text, telling.link))))
        return message


@dataclass(frozen=True)
class Webhook:
    """A POST of JSON, signed. No redirect is followed, and the answer's body is not read."""

    url: SecretStr
    secret: SecretStr
    deadline_s: float = DEADLINE_S
    name: str = "webhook"

    def send(self, telling: Telling) -> None:
        """Post it. Raises `Unavailable` for any answer but one of 2xx."""
        body = json.dumps(
            {
                "key": telling.key,
                "kind": telling.kind,
                "title": telling.title,
                "text": telling.text,
                "link": telling.link,
                "at": telling.at.isoformat(),
            }
        ).encode()
        signed = hmac.new(self.secret.get_secret_value().encode(), body, hashlib.sha256).hexdigest()
        headers = {
            "content-type": "application/json",
            "idempotency-key": telling.key,
            "x-sigma-signature": f"sha256={signed}",
        }
        try:
            status = asyncio.run(asyncio.wait_for(self._post(body, headers), self.deadline_s))
        except (httpx2.HTTPError, httpx2.InvalidURL, OSError) as error:
            raise Unavailable(f"The webhook did not take it: {_reason(error)}") from None
        if not 200 <= status < 300:
            raise Unavailable(f"The webhook answered {status}.")

    async def _post(self, body: bytes, headers: dict[str, str]) -> int:
        async with (
            httpx2.AsyncClient(follow_redirects=False, timeout=self.deadline_s) as client,
            client.stream("POST", self.url.get_secret_value(), content=body, headers=headers) as answer,
        ):
            return int(answer.status_code)


def channels_of(settings: Settings) -> tuple[NoticeChannel, ...]:
    """Those that are set. Raises `Invalid` for a part of one alone, or an address that is not encrypted."""
    wrong: dict[str, str] = {}
    for name, needed in _NEEDED.items():
        url = getattr(settings, name)
        if url is None:
            continue
        wrong |= {each: f"is needed by {environment_name(name)}" for each in needed if not getattr(settings, each)}
        parts = urlsplit(url.get_secret_value())
        if parts.scheme == "http" and not _is_here(parts.hostname or ""):
            wrong[name] = "has to begin with https://, but on this machine alone"
    if wrong:
        raise Invalid({environment_name(name): why for name, why in wrong.items()})
    found: list[NoticeChannel] = []
    if settings.smtp_url is not None:
        receivers = tuple(each for part in (settings.mail_to or "").split(",") if (each := part.strip()))
        found.append(Mail(settings.smtp_url, settings.mail_from or "", receivers))
    if settings.webhook_url is not None:
        found.append(Webhook(settings.webhook_url, SecretStr(plain(settings.webhook_secret) or "")))
    return tuple(found)


def _is_here(host: str) -> bool:
    return host == "localhost" or is_loopback(host)


def _reason(error: Any) -> str:  # noqa: ANN401 (of three libraries)
    """In few words, without what the other side was told."""
    if isinstance(error, TimeoutError):
        return "no answer in time"
    if isinstance(error, ssl.SSLCertVerificationError):
        return f"its certificate is not valid: {error.verify_message}"
    if isinstance(error, ssl.SSLError):
        return "it does not speak TLS as it should (smtps:// is encrypted from the first byte, smtp:// by STARTTLS)"
    if isinstance(error, smtplib.SMTPNotSupportedError):
        return "it offers no encryption (STARTTLS), or no way to sign in"
    if isinstance(error, smtplib.SMTPResponseException):
        return f"{type(error).__name__} {error.smtp_code}"
    return type(error).__name__
