"""An OpenID Connect provider on the loopback: discovery, a page to choose who one is, signed tokens."""

import base64
import hashlib
import html
import json
import secrets
import time
from collections.abc import Mapping
from http.server import BaseHTTPRequestHandler
from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit

from fakes.loopback_server import LoopbackServer
from joserfc import jwt
from joserfc.jwk import RSAKey

CLIENT = "sigma-console"
SECRET = "a-secret-of-the-console"


class OidcProvider(LoopbackServer):
    """Knows these people by their subjects, with what it claims of each. `spoil` replaces claims of the next tokens."""

    def __init__(self, people: Mapping[str, Mapping[str, Any]]) -> None:
        self.people = people
        self.key = self.published = RSAKey.generate_key(2048, {"kid": "one"})
        self.spoil: dict[str, Any] = {}
        self.given: dict[str, dict[str, str]] = {}
        super().__init__(type("Handler", (_Handler,), {"provider": self}))

    @property
    def settings(self) -> dict[str, str]:
        """What the console has to be told."""
        return {"SIGMA_OIDC_ISSUER": self.url, "SIGMA_OIDC_CLIENT_ID": CLIENT, "SIGMA_OIDC_CLIENT_SECRET": SECRET}

    def token(self, asked: Mapping[str, str]) -> dict[str, Any]:
        now = int(time.time())
        claims = {"iss": self.url, "aud": CLIENT, "iat": now, "exp": now + 300, "nonce": asked["nonce"]}
        claims |= {"sub": asked["who"], **self.people[asked["who"]], **self.spoil}
        signed = jwt.encode({"alg": "RS256", "kid": "one"}, claims, self.key)
        return {"id_token": signed, "access_token": secrets.token_hex(8), "token_type": "Bearer", "expires_in": 300}


class _Handler(BaseHTTPRequestHandler):
    provider: OidcProvider

    def do_GET(self) -> None:
        address = urlsplit(self.path)
        asked = {name: values[0] for name, values in parse_qs(address.query).items()}
        match address.path:
            case "/.well-known/openid-configuration":
                self._json(self._discovery())
            case "/jwks":
                self._json({"keys": [self.provider.published.as_dict(private=False)]})
            case "/authorize" if "who" in asked:
                self._send_back(asked)
            case "/authorize":
                links = (
                    f'<a href="?{html.escape(urlencode({**asked, "who": who}))}">{who}</a>' for who in self._known()
                )
                self._answer("text/html", f"<h1>Who are you?</h1>{' '.join(links)}".encode())
            case "/end":
                self.send_response(302)
                self.send_header("Location", asked["post_logout_redirect_uri"])
                self.end_headers()
            case _:
                self.send_error(404)

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"])).decode()
        said = {name: values[0] for name, values in parse_qs(body).items()}
        asked = self.provider.given.pop(said["code"])
        digest = hashlib.sha256(said["code_verifier"].encode()).digest()
        assert base64.urlsafe_b64encode(digest).rstrip(b"=").decode() == asked["code_challenge"]
        assert said["redirect_uri"] == asked["redirect_uri"]
        known = base64.b64encode(f"{CLIENT}:{SECRET}".encode()).decode()
        assert self.headers["Authorization"] == f"Basic {known}"
        self._json(self.provider.token(asked))

    def log_message(self, format: str, *args: object) -> None:
        pass

    def _known(self) -> list[str]:
        return list(self.provider.people)

    def _discovery(self) -> dict[str, Any]:
        url = self.provider.url
        return {
            "issuer": url,
            "authorization_endpoint": f"{url}/authorize",
            "token_endpoint": f"{url}/token",
            "jwks_uri": f"{url}/jwks",
            "end_session_endpoint": f"{url}/end",
            "id_token_signing_alg_values_supported": ["RS256"],
            "code_challenge_methods_supported": ["S256"],
        }

    def _send_back(self, asked: dict[str, str]) -> None:
        code = secrets.token_hex(16)
        self.provider.given[code] = asked
        self.send_response(302)
        self.send_header("Location", f"{asked['redirect_uri']}?{urlencode({'code': code, 'state': asked['state']})}")
        self.end_headers()

    def _json(self, body: Mapping[str, Any]) -> None:
        self._answer("application/json", json.dumps(body).encode())

    def _answer(self, kind: str, body: bytes) -> None:
        self.send_response(200)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)
