"""Who somebody is by what the provider claims, and what is refused before anybody signs in."""

import stat
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from pydantic import SecretStr

from sigma_core.actor import Role
from sigma_core.errors import Forbidden, Invalid
from sigma_core.runtime.sign_in import Person, SignInExpired, cookie_secret, sign_in_at, sign_in_of
from sigma_core.settings import Settings

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)
WHOLE = {
    "oidc_issuer": SecretStr("https://login.example.org/"),
    "oidc_client_id": "console",
    "oidc_client_secret": SecretStr("secret"),
    "oidc_operators": "Ann@example.org, admins",
    "oidc_viewers": "lookers,bob@example.org",
}


def settings(**given: Any) -> Settings:
    return Settings(home=Path("/nowhere"), **given)


def claims(**given: Any) -> dict[str, Any]:
    return {"aud": "console", "sub": "7", "iat": NOW.timestamp(), **given}


@pytest.mark.parametrize(
    ("said", "person"),
    [
        ({"email": "ann@EXAMPLE.org", "email_verified": True}, Person("ann@example.org", Role.OPERATOR)),
        ({"email": "bob@example.org", "email_verified": True}, Person("bob@example.org", Role.VIEWER)),
        ({"groups": ["lookers", "admins"]}, Person("subject 7", Role.OPERATOR)),
        ({"groups": "lookers"}, Person("subject 7", Role.VIEWER)),
        ({"groups": ["lookers"], "name": "ann@example.org"}, Person("subject 7", Role.VIEWER)),
        ({"groups": ["lookers"], "aud": ["console", "other"], "sub": "a\nb"}, Person("subject a\\x0ab", Role.VIEWER)),
    ],
)
def test_a_person_is_named_by_what_the_provider_vouches_for(said: dict[str, Any], person: Person) -> None:
    found = sign_in_of(settings(**WHOLE))
    assert found is not None
    assert found.person(claims(**said), NOW) == person


@pytest.mark.parametrize(
    ("said", "error"),
    [
        ({"email": "ann@example.org"}, Forbidden),
        ({"email": "ann@example.org", "email_verified": False}, Forbidden),
        ({"groups": ["ann@example.org", "Admins"]}, Forbidden),
        ({"groups": ["admins"], "aud": "another"}, Forbidden),
        ({"groups": [["admins"], {"admins": 1}, None]}, Forbidden),
        ({"groups": ["admins"], "iat": (NOW - timedelta(hours=13)).timestamp()}, SignInExpired),
        ({"groups": ["admins"], "iat": (NOW + timedelta(hours=1)).timestamp()}, SignInExpired),
        ({"groups": ["admins"], "iat": 1e300}, SignInExpired),
        ({"groups": ["admins"], "iat": None}, SignInExpired),
    ],
)
def test_whoever_the_provider_does_not_vouch_for_is_nobody(said: dict[str, Any], error: type[Exception]) -> None:
    found = sign_in_of(settings(**WHOLE))
    assert found is not None
    with pytest.raises(error):
        found.person(claims(**said), NOW)


@pytest.mark.parametrize(
    ("changed", "named"),
    [
        ({"oidc_client_secret": None}, "SIGMA_OIDC_CLIENT_SECRET"),
        ({"oidc_issuer": SecretStr("http://login.example.org")}, "SIGMA_OIDC_ISSUER"),
        ({"public_url": SecretStr("http://sigma.example.org")}, "SIGMA_PUBLIC_URL"),
        ({"host": "0.0.0.0"}, "SIGMA_PUBLIC_URL"),
        ({"oidc_operators": " , ", "oidc_viewers": None}, "SIGMA_OIDC_OPERATORS"),
    ],
)
def test_half_a_sign_in_is_refused_by_name(changed: dict[str, Any], named: str) -> None:
    with pytest.raises(Invalid) as refused:
        sign_in_of(settings(**{**WHOLE, **changed}))
    assert list(refused.value.fields) == [named]


def test_it_listens_for_others_only_where_both_doors_ask_who_comes() -> None:
    beyond = {**WHOLE, "public_url": SecretStr("https://sigma.example.org")}
    token = {"api_token": SecretStr("name:viewer:0123456789abcdef")}
    assert sign_in_at("127.0.0.1", settings()) is None
    for given in ({}, beyond, token):
        with pytest.raises(Forbidden, match="listens on this machine alone"):
            sign_in_at("0.0.0.0", settings(**given))
    found = sign_in_at("0.0.0.0", settings(**beyond, **token))
    assert found is not None
    assert found.streamlit_secrets("c")["auth"]["redirect_uri"] == "https://sigma.example.org/oauth2callback"


def test_all_who_ask_at_once_for_the_first_time_get_one_secret_that_others_cannot_read(tmp_path: Path) -> None:
    home = tmp_path / "home"
    with ThreadPoolExecutor(8) as pool:
        found = set(pool.map(lambda _: cookie_secret(home), range(32)))
    assert len(found) == 1
    assert len(found.pop()) == 64
    assert [each.name for each in home.iterdir()] == ["cookie.key"]
    assert stat.S_IMODE((home / "cookie.key").stat().st_mode) == 0o600
