"""When two payloads say the same: exactly, in other words, or of the same subject.

Exactly: equal after case, spacing, Unicode form and volatile fields are set aside.

In other words (near): candidates are found by an index and judged by structure.
Two payloads are near when all their typed fields are equal (claim, subject, labels; volatile ones aside), and their
prose (`Payload.prose`) has the same shape and says the same: its texts by `meaning_words`, whole numbers equal,
fractions within `TOLERANCE`. Whatever differs in claim differs in a typed field, and is never near.

Of a text's wording are set aside case, spacing, punctuation around words, articles and the like, plurals, ``don't`` for
``do not``. Kept are the order of the words, every negation, number, name and tense: only what surely says the same is
the same.
"""

import hashlib
import math
import re
import unicodedata
from collections.abc import Iterator, Mapping
from functools import lru_cache
from typing import Any

from pydantic import TypeAdapter

from sigma_core.exchange.payload import Payload

to_json = TypeAdapter[Any](Any).serializer.to_json
"""Plain values as JSON, without what `TypeAdapter` does around it at each call."""
_AS_THEY_ARE = frozenset((int, bool, type(None)))
LONGEST = 1000
"""Characters of a text up to which its wording is set aside: taking in a longer one would cost more than storing it."""
TOLERANCE = 0.001
"""Relative difference of two fractions that say the same."""
_SAY_NOTHING = {
    "a",
    "an",
    "the",
    "is",
    "are",
    "be",
    "it",
    "its",
    "this",
    "that",
    "these",
    "those",
    "there",
    "which",
    "very",
    "really",
    "quite",
    "please",
    "also",
}
_SHORT_FORMS = {"can't": "can not", "cannot": "can not", "won't": "will not", "shan't": "shall not"}
_APOSTROPHES = str.maketrans({"’": "'", "‘": "'", "“": '"', "”": '"', "–": "-", "—": "-"})
# A question mark stays: what is asked is not said
_AROUND = "\"'`()[]{}.,;:…"
_PLAIN = re.compile(r"[^\W\d_]+")


def folded(value: Any) -> Any:  # noqa: ANN401 (any JSON)
    """JSON without what makes no difference: case, spacing, Unicode form, the order of keys, whole floats."""
    kind = type(value)
    if kind in _AS_THEY_ARE:
        return value
    if kind is str or isinstance(value, str):
        plain = value if value.isascii() else unicodedata.normalize("NFKC", value)
        return " ".join(plain.casefold().split())
    if kind is float:
        return int(value) if value.is_integer() else value
    if kind is dict:
        return {key: folded(value[key]) for key in sorted(value)}
    return [folded(child) for child in value]


def knowledge_digest(kind: type[Payload], plain: Mapping[str, Any], project_id: int | None) -> str:
    """Of folded data: the same for payloads that are the same knowledge of the same project."""
    volatile = kind.volatile
    return digest_of(kind.name, project_id, {name: plain[name] for name in plain if name not in volatile})


def subject_digest(kind: type[Payload], plain: Mapping[str, Any], project_id: int | None) -> str | None:
    """Of folded data: the same for payloads about one subject; None for those that contradict no other."""
    if not kind.claim or not kind.makes_claim(plain):
        return None
    return digest_of(kind.name, project_id, {name: plain[name] for name in plain if name in kind.subject})


def claims_differ(kind: type[Payload], one: Mapping[str, Any], other: Mapping[str, Any]) -> bool:
    """Do two payloads about one subject contradict each other?"""
    return any(folded(one.get(name)) != folded(other.get(name)) for name in kind.claim)


def digest_of(name: str, project_id: int | None, fields: Mapping[str, Any]) -> str:
    """The same for folded fields of one type and project that are equal."""
    return hashlib.blake2b(to_json([name, project_id, fields]), digest_size=20).hexdigest()


def near_key(
    kind: type[Payload], data: Mapping[str, Any], plain: Mapping[str, Any], project_id: int | None
) -> str | None:
    """Of data and the same folded: the same for payloads that may be near.

    None for types without prose, whose duplicates are exact ones.
    """
    prose, volatile = kind.prose, kind.volatile
    if not prose:
        return None
    fixed = {name: plain[name] for name in plain if name not in prose and name not in volatile}
    outline = folded({name: _outline(data[name]) for name in prose})
    return digest_of(kind.name, project_id, {"fixed": fixed, "prose": outline})


def is_near(kind: type[Payload], one: Mapping[str, Any], other: Mapping[str, Any]) -> bool:
    """Do two payloads of one key say the same?"""
    old, new = (list(_fractions(_picked(kind, data))) for data in (one, other))
    return len(old) == len(new) and all(math.isclose(a, b, rel_tol=TOLERANCE) for a, b in zip(old, new, strict=True))


def _picked(kind: type[Payload], data: Mapping[str, Any]) -> list[Any]:
    return [data.get(name) for name in kind.prose]


def _outline(value: Any) -> Any:  # noqa: ANN401 (any JSON)
    """The value with its texts as what they say, and without its fractions."""
    if isinstance(value, str):
        return meaning_words(value) if len(value) <= LONGEST else value
    if _is_fraction(value):
        return {"fraction": 0}
    if isinstance(value, dict):
        return {key: _outline(child) for key, child in value.items()}
    return [_outline(child) for child in value] if isinstance(value, list | tuple) else value


def _fractions(value: Any) -> Iterator[float]:  # noqa: ANN401 (any JSON)
    if _is_fraction(value):
        yield value
    elif isinstance(value, dict):
        for key in sorted(value):
            yield from _fractions(value[key])
    elif isinstance(value, list | tuple):
        for child in value:
            yield from _fractions(child)


def _is_fraction(value: object) -> bool:
    return isinstance(value, float) and not value.is_integer()


def meaning_words(text: str) -> str:
    """The words that carry what a text says, in their order."""
    plain = text if text.isascii() else unicodedata.normalize("NFKC", text.translate(_APOSTROPHES))
    return " ".join(filter(None, map(_plain_word, plain.split())))


@lru_cache(maxsize=4096)
def _plain_word(raw: str) -> str:
    """A word's own form; empty if it says nothing."""
    word = raw.strip(_AROUND)
    if not _PLAIN.fullmatch(word.replace("'", "")):
        # A path, a number, code: its case and its marks may be all that tells it from another
        end = word[-1:]
        if end in ("?", "!") and _PLAIN.fullmatch(word[:-1]):
            return f"{_plain_word(word[:-1])} {end}".removesuffix("!").strip()
        return word
    lower = word.casefold()
    if lower in _SHORT_FORMS:
        return _SHORT_FORMS[lower]
    if lower.endswith("n't"):
        return f"{lower[:-3]} not"
    # Two capitals make a name: CAN is a bus, IT a department
    if lower in _SAY_NOTHING and not (len(word) > 1 and word.isupper()):
        return ""
    return _singular(lower)


def _singular(word: str) -> str:
    return word[:-1] if len(word) > 3 and word.endswith("s") and not word.endswith(("ss", "us", "is")) else word
