"""Who calls, and what they may: tokens with a role."""

import hmac
import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Annotated

from fastapi import Depends, Request, Security
from fastapi.security import HTTPAuthorizationCredentials, HTTPBearer
from pydantic import SecretStr

from sigma_core.actor import Role, system_user
from sigma_core.errors import Forbidden, Invalid, SigmaError
from sigma_core.runtime.sign_in import sign_in_of
from sigma_core.settings import Settings

LEAST_SECRET = 16
_NAME = re.compile(r"[A-Za-z0-9._-]{1,60}")
_BEARER = HTTPBearer(auto_error=False, description="A token of SIGMA_API_TOKEN; where none is set, none is asked for.")


class Unauthorized(SigmaError):
    """No token, or one that nobody gave out."""


@dataclass(frozen=True)
class ApiToken:
    """A token that was given out."""

    name: str
    role: Role
    secret: str


@dataclass(frozen=True)
class Caller:
    """Who calls: the name that acts are recorded under, and the role."""

    name: str
    role: Role


class Access:
    """Tells callers by their tokens. Without any token, whoever reaches this machine's loopback is its user."""

    def __init__(self, tokens: Sequence[ApiToken], *, people_sign_in: bool = False) -> None:
        """`people_sign_in`: at the console beside it. Then nobody gets past that without a token."""
        self._tokens, self._people_sign_in = tokens, people_sign_in

    @property
    def is_open(self) -> bool:
        """Whether no token is asked for."""
        return not self._tokens and not self._people_sign_in

    def caller(self, secret: str | None) -> Caller:
        """Raises `Unauthorized`."""
        if self.is_open:
            return Caller(system_user(), Role.OPERATOR)
        if secret is None:
            raise Unauthorized("Give a token: Authorization: Bearer TOKEN.")
        # All are compared, so that time does not tell which one is nearly right
        found = [token for token in self._tokens if hmac.compare_digest(token.secret.encode(), secret.encode())]
        if not found:
            raise Unauthorized("This token is not known.")
        return Caller(f"token {found[0].name}", found[0].role)


def access_of(settings: Settings) -> Access:
    """By tokens, where any are set; shut without them where people sign in to the console. Raises `Invalid`."""
    return Access(tokens_of(settings.api_token), people_sign_in=sign_in_of(settings) is not None)


def bearer(authorization: str) -> str | None:
    """The secret of an `Authorization` header; None where it holds none."""
    scheme, _, secret = authorization.partition(" ")
    return secret if scheme.lower() == "bearer" and secret else None


def tokens_of(setting: SecretStr | None) -> list[ApiToken]:
    """The tokens of `SIGMA_API_TOKEN`: ``name:role:secret`` with commas between, a secret alone is an operator's.

    Raises `Invalid`, which never repeats a secret.
    """
    if setting is None:
        return []
    return [_token(each.strip(), place) for place, each in enumerate(setting.get_secret_value().split(","), 1)]


def _token(text: str, place: int) -> ApiToken:
    *said, secret = text.split(":")
    name, role = said if len(said) == 2 else ("api", "operator")
    if len(said) not in (0, 2) or not _NAME.fullmatch(name) or role not in list(Role):
        raise Invalid({"SIGMA_API_TOKEN": f"token {place} is not name:viewer:secret or name:operator:secret"})
    if len(secret) < LEAST_SECRET or not secret.isascii():
        raise Invalid({"SIGMA_API_TOKEN": f"the secret of token {place} needs {LEAST_SECRET} ASCII characters or more"})
    return ApiToken(name, Role(role), secret)


def _caller(request: Request, given: Annotated[HTTPAuthorizationCredentials | None, Security(_BEARER)]) -> Caller:
    access: Access = request.app.state.access
    return access.caller(given.credentials if given else None)


def _operator(caller: Annotated[Caller, Depends(_caller)]) -> Caller:
    if caller.role != Role.OPERATOR:
        raise Forbidden(f"{caller.name} is a viewer's: it may look, not act.")
    return caller


Viewer = Annotated[Caller, Depends(_caller)]
"""Whoever may look."""
Operator = Annotated[Caller, Depends(_operator)]
"""Whoever may act."""
MAY_LOOK = Depends(_caller)
"""The same where a route does not ask who it is."""
