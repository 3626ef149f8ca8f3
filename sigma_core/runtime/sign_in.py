"""Who may use the console where people sign in by OpenID Connect: a name and a role out of what the provider says."""

import os
import secrets
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from tempfile import mkstemp
from typing import Any
from urllib.parse import urlsplit

from pydantic import SecretStr

from sigma_core.actor import Role
from sigma_core.addresses import plain
from sigma_core.errors import Forbidden, Invalid, SigmaError
from sigma_core.runtime.address import is_loopback, refuse_open
from sigma_core.settings import Settings, environment_name
from sigma_core.text import visible_line

LONGEST_NAME = 200
LEEWAY_S = 300.0
"""How far the provider's clock may be ahead."""
CALLBACK = "oauth2callback"
_NEEDED = ("oidc_issuer", "oidc_client_id", "oidc_client_secret")
_LISTS = ("oidc_operators", "oidc_viewers")


class SignInExpired(SigmaError):
    """It was too long ago."""


@dataclass(frozen=True)
class Person:
    """Who sits before the console."""

    name: str
    role: Role


@dataclass(frozen=True)
class SignIn:
    """How people sign in, and which of them may what."""

    issuer: str
    client_id: str
    client_secret: SecretStr
    public_url: str
    claim: str
    members: Mapping[Role, frozenset[str]]
    lasts: timedelta

    def person(self, claims: Mapping[str, object], now: datetime) -> Person:
        """Whom the provider's claims are about. Raises `SignInExpired`, or `Forbidden` for whoever has no role."""
        issued = claims.get("iat")
        age_s = now.timestamp() - issued if isinstance(issued, int | float) else None
        # What a clock that ran ahead has signed would last for as long as it did
        if age_s is None or not -LEEWAY_S <= age_s <= self.lasts.total_seconds():
            raise SignInExpired("You signed in too long ago, or by another clock. Sign in once more.")
        if self.client_id not in _texts(claims.get("aud")):
            raise Forbidden("This sign-in was made for another program.")
        name, email = _name(claims), _email(claims)
        # What looks like an address counts as one that was verified, or not at all
        said = {value for value in _texts(claims.get(self.claim)) if "@" not in value}
        said |= {email.lower()} if email else set()
        role = next((role for role in (Role.OPERATOR, Role.VIEWER) if said & self.members[role]), None)
        if role is None:
            unverified = "" if email else " The provider has not verified your e-mail address."
            raise Forbidden(f"{name} has no role here. Ask who runs SIGMA to be added.{unverified}")
        return Person(name, role)

    def streamlit_secrets(self, cookie_secret: str) -> Mapping[str, Any]:
        """What Streamlit wants to find in its secrets."""
        return {
            "auth": {
                "redirect_uri": f"{self.public_url}/{CALLBACK}",
                "cookie_secret": cookie_secret,
                "client_id": self.client_id,
                "client_secret": self.client_secret.get_secret_value(),
                "server_metadata_url": f"{self.issuer}/.well-known/openid-configuration",
            }
        }


def sign_in_of(settings: Settings) -> SignIn | None:
    """What is set of it; None where nobody signs in. Raises `Invalid` for a part of it alone."""
    if all(getattr(settings, name) is None for name in (*_NEEDED, *_LISTS)):
        return None
    wrong = {name: "is needed for people to sign in" for name in _NEEDED if getattr(settings, name) is None}
    members = {
        Role.OPERATOR: _members(settings.oidc_operators),
        Role.VIEWER: _members(settings.oidc_viewers),
    }
    if not any(members.values()):
        wrong["oidc_operators"] = "names nobody, nor does SIGMA_OIDC_VIEWERS"
    issuer, public = _address(settings.oidc_issuer), _public_url(settings)
    wrong |= {
        name: "has to begin with https://, but on this machine alone"
        for name, url in (("oidc_issuer", issuer), ("public_url", public))
        if not _is_safe(url)
    }
    if settings.public_url is None and not is_loopback(settings.host):
        wrong["public_url"] = "is needed where the console listens beyond this machine"
    if wrong:
        raise Invalid({environment_name(name): why for name, why in wrong.items()})
    return SignIn(
        issuer=issuer,
        client_id=settings.oidc_client_id or "",
        client_secret=settings.oidc_client_secret or SecretStr(""),
        public_url=public,
        claim=settings.oidc_claim,
        members=members,
        lasts=timedelta(hours=settings.oidc_hours),
    )


def sign_in_at(host: str, settings: Settings) -> SignIn | None:
    """How people sign in to a console that listens there.

    Raises `Forbidden` where others could reach it, or the API beside it, without showing who they are.
    """
    sign_in = sign_in_of(settings)
    if sign_in is None or settings.api_token is None:
        refuse_open(host)
    return sign_in


def _members(setting: str | None) -> frozenset[str]:
    named = (each.strip() for each in (setting or "").split(","))
    return frozenset(each.lower() if "@" in each else each for each in named if each)


def _address(setting: SecretStr | None) -> str:
    return (plain(setting) or "").strip().rstrip("/")


def _public_url(settings: Settings) -> str:
    host = f"[{settings.host}]" if ":" in settings.host else settings.host
    # Streamlit knows the port, whoever chose it
    return _address(settings.public_url) or f"http://{host}:{{port}}"


def _is_safe(url: str) -> bool:
    parts = urlsplit(url)
    here = parts.hostname or ""
    return not url or parts.scheme == "https" or here == "localhost" or is_loopback(here)


def _email(claims: Mapping[str, object]) -> str | None:
    """Only one that the provider vouches for: whoever may write another into a profile would be somebody else."""
    email = claims.get("email")
    return email if isinstance(email, str) and claims.get("email_verified") in (True, "true") else None


def _name(claims: Mapping[str, object]) -> str:
    """The name acts are recorded under: never one that people choose for themselves."""
    email = _email(claims)
    return visible_line(email.lower() if email else f"subject {claims.get('sub')}")[:LONGEST_NAME]


def _texts(claim: object) -> set[str]:
    values = claim if isinstance(claim, list) else [claim]
    return {value for value in values if isinstance(value, str)}


def cookie_secret(home: Path) -> str:
    """What cookies of this home's console are signed with: made once, in a file for its owner's eyes alone."""
    home.mkdir(parents=True, exist_ok=True, mode=0o700)
    kept = home / "cookie.key"
    if not kept.exists():
        descriptor, made = mkstemp(prefix="cookie.", dir=home)
        with os.fdopen(descriptor, "w") as file:
            file.write(secrets.token_hex(32))
        # Whoever comes second finds the first one's, whole
        with suppress(FileExistsError):
            os.link(made, kept)
        Path(made).unlink()
    kept.chmod(0o600)
    return kept.read_text()
