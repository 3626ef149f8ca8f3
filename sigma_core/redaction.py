"""Takes secrets out of text before it is stored, logged or sent to a model server."""

import math
import re
from collections import Counter
from collections.abc import Callable

REDACTED = "[redacted]"

_Rule = tuple[re.Pattern[str], str | Callable[[re.Match[str]], str]]

# Every quantifier is bounded or followed by a different character class: the time is linear in the text.
_TOKENS = re.compile(
    r"""\b(?:
        (?:AKIA|ASIA|ABIA|ACCA)[A-Z0-9]{16}
      | gh[pousr]_[A-Za-z0-9]{20,255}
      | github_pat_\w{20,255}
      | glpat-[\w-]{20,255}
      | sk-[\w-]{16,255}
      | [sr]k_(?:live|test)_[A-Za-z0-9]{10,255}
      | xox[abeoprs]-[A-Za-z0-9-]{10,255}
      | AIza[\w-]{35}
      | pypi-[\w-]{16,512}
      | npm_[A-Za-z0-9]{36}
      | hf_[A-Za-z0-9]{30,64}
      | eyJ[\w-]{8,4096}\.[\w-]{8,8192}\.[\w-]{0,1024}
    )""",
    re.VERBOSE | re.ASCII,
)
_PEM = re.compile(
    r"-----BEGIN [A-Z ]{0,30}PRIVATE KEY(?: BLOCK)?-----"
    r".*?(?:-----END [A-Z ]{0,30}PRIVATE KEY(?: BLOCK)?-----|\Z)",
    re.DOTALL,
)
_URL_PASSWORD = re.compile(r"(\w://[^\s/:@\"']{0,256}:)[^\s/\"']{1,512}(?=@)")
_URL_KEY = re.compile(r"(?i)([?&](?:api[_-]?key|key|token|access_token|secret|password|passwd|sig)=)[^&\s\"'#]{1,4096}")
_AUTHORIZATION = re.compile(r"(?i)\b((?:bearer|basic)\s{1,3})[\w.~+/=-]{16,4096}")
_NAME = (
    r"(?i:passw(?:or)?d|passphrase|pwd|secret|credentials?|api[_-]?key|access[_-]?key|private[_-]?key"
    r"|(?:auth|access|refresh|api|bearer|session)[_-]?token(?!s)|(?<![a-z])token(?!s))"
)
_QUOTED_SECRET = re.compile(
    rf"({_NAME}[\w-]{{0,40}}[\"']?\]?\s{{0,8}}(?::\s{{0,3}}str\s{{0,3}})?[:=]\s{{0,8}}[bru]{{0,2}})"
    r"(?:\"[^\"\n]{4,4096}\"|'[^'\n]{4,4096}')"
)
_ENVIRONMENT_SECRET = re.compile(
    r"(?m)^(\s{0,8}(?:export\s{1,3})?[A-Z0-9_]{0,60}"
    r"(?:PASSWORD|PASSWD|PWD|SECRET|TOKEN|API_?KEY|ACCESS_?KEY|PRIVATE_?KEY|CREDENTIALS?)[A-Z0-9_]{0,40}=)"
    r"[^\s\"']{4,4096}"
)
_QUOTED_VALUE = re.compile(r"([:=]\s{0,8})([\"'])([A-Za-z0-9+/_=-]{32,512})\2")

LEAST_ENTROPY = 4.2
"""Bits per character from which a long quoted value counts as random. Hexadecimal digests reach 4.0 at most."""


def redact(text: str) -> str:
    """`text` with keys, tokens, passwords and private keys replaced by ``[redacted]``.

    It recognises known key formats, passwords in URLs, PEM blocks, values given to secret-sounding names, and long
    random-looking quoted values. Applying it twice changes nothing more.
    """
    for pattern, replacement in _RULES:
        text = pattern.sub(replacement, text)
    return text


def sounds_secret(name: str) -> bool:
    """Would a value of this name be redacted?"""
    return re.search(_NAME, name) is not None


def _quoted_secret(match: re.Match[str]) -> str:
    quote = match[0][-1]
    return f"{match[1]}{quote}{REDACTED}{quote}"


def _random_value(match: re.Match[str]) -> str:
    before, quote, value = match.groups()
    return f"{before}{quote}{REDACTED}{quote}" if _looks_random(value) else match[0]


def _looks_random(value: str) -> bool:
    kinds = (str.isdigit, str.islower, str.isupper)
    return all(any(map(kind, value)) for kind in kinds) and _entropy(value) > LEAST_ENTROPY


def _entropy(value: str) -> float:
    """Shannon entropy in bits per character."""
    shares = (count / len(value) for count in Counter(value).values())
    return -sum(share * math.log2(share) for share in shares)


_RULES: tuple[_Rule, ...] = (
    (_PEM, REDACTED),
    (_URL_PASSWORD, rf"\1{REDACTED}"),
    (_URL_KEY, rf"\1{REDACTED}"),
    (_TOKENS, REDACTED),
    (_AUTHORIZATION, rf"\1{REDACTED}"),
    (_QUOTED_SECRET, _quoted_secret),
    (_ENVIRONMENT_SECRET, rf"\1{REDACTED}"),
    (_QUOTED_VALUE, _random_value),
)
