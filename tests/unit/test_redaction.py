"""What is taken out of text, and what is left alone."""

import string

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sigma_core.redaction import REDACTED, redact

ALPHANUMERIC = string.ascii_letters + string.digits
SURROUNDINGS = st.text(alphabet=st.characters(codec="utf-8", exclude_characters="-"), max_size=40).map(
    lambda text: text + " "
)


def characters(alphabet: str, low: int, high: int) -> st.SearchStrategy[str]:
    return st.text(alphabet, min_size=low, max_size=high)


SECRETS = st.one_of(
    characters(string.ascii_uppercase + string.digits, 16, 16).map("AKIA{}".format),
    characters(ALPHANUMERIC, 36, 36).map("ghp_{}".format),
    characters(ALPHANUMERIC, 40, 60).map("github_pat_{}".format),
    characters(ALPHANUMERIC, 20, 48).map("sk-{}".format),
    characters(ALPHANUMERIC, 20, 48).map("sk-proj-{}".format),
    characters(ALPHANUMERIC, 35, 35).map("AIza{}".format),
    characters(ALPHANUMERIC, 20, 30).map("glpat-{}".format),
    characters(ALPHANUMERIC, 20, 40).map("eyJ{0}.{0}.{0}".format),
)


@given(SURROUNDINGS, SECRETS, SURROUNDINGS)
def test_a_known_kind_of_key_is_gone_wherever_it_stands(before: str, secret: str, after: str) -> None:
    assert secret not in redact(f"{before}{secret} {after}")


@given(
    st.sampled_from(["password", "DB_PASSWORD", "api_key", "client-secret", "auth_token", "passphrase", "pwd"]),
    st.sampled_from(["{} = '{}'", '{}: "{}"', '{{"{}": "{}"}}', "{}='{}'", 'environ["{}"] = "{}"', "{}: str = '{}'"]),
    characters(ALPHANUMERIC + "!$%&/()?*+#.:,;<>|@ ", 6, 60),
)
def test_the_value_given_to_a_secret_sounding_name_is_gone(name: str, shape: str, value: str) -> None:
    secret = f"x9{value}9x"
    assert secret not in redact(shape.format(name, secret))


@given(st.text(max_size=300))
def test_redacting_twice_changes_nothing_more(text: str) -> None:
    assert redact(redact(text)) == redact(text)


@given(SURROUNDINGS, SECRETS, SURROUNDINGS)
def test_redacting_redacted_text_changes_nothing_more(before: str, secret: str, after: str) -> None:
    once = redact(f"{before}password = '{secret}' {secret} {after}")
    assert redact(once) == once


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("postgresql://sigma:p@ss,w0rd@db/x", f"postgresql://sigma:{REDACTED}@db/x"),
        ("Authorization: Bearer abcdefghij1234567890", f"Authorization: Bearer {REDACTED}"),
        ("export AWS_SECRET_ACCESS_KEY=wJalrXUtnFEMI/K7MDENG", f"export AWS_SECRET_ACCESS_KEY={REDACTED}"),
        ("+API_KEY=abc123def", "+API_KEY=abc123def"),
        ('X = "aB3dE5fG7hI9jK1lM3nO5pQ7rS9tU1vW"', f'X = "{REDACTED}"'),
        ("-----BEGIN RSA PRIVATE KEY-----\nMIIE\n-----END RSA PRIVATE KEY-----\nend", f"{REDACTED}\nend"),
        ("-----BEGIN PRIVATE KEY-----\ncut off", REDACTED),
    ],
)
def test_secrets_by_their_surroundings(text: str, expected: str) -> None:
    assert redact(text) == expected


@pytest.mark.parametrize(
    "text",
    [
        "token = next(tokens)",
        "password = os.environ['DB_PASSWORD']",
        "def login(password: str, token: str | None = None) -> str: ...",
        "commit 2cff0091b1f4c3d2e5a69788990011223344aabb",
        "sha = 'e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855'",
        "see https://example.org:8080/path?x=1@home",
        "max_tokens = '4000'",
        "",
    ],
)
def test_code_without_secrets_is_left_alone(text: str) -> None:
    assert redact(text) == text


def test_keys_in_the_question_of_an_address_are_redacted() -> None:
    assert redact("GET https://host/v1?a=1&api_key=abc123&b=2") == "GET https://host/v1?a=1&api_key=[redacted]&b=2"
