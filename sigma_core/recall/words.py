"""Words of prose and of code: ``parse_URLs`` is found by parse, url and parse_urls."""

import re
import unicodedata
from collections import Counter
from collections.abc import Iterator
from functools import lru_cache

MAX_WORD = 60
_WORD = re.compile(r"\w+")
_PART = re.compile(r"[A-Z]{2,}s(?![a-z])|[A-Z]+(?![a-z])|[A-Z]?[^\W\dA-Z_]+|\d+")
_STOP = frozenset(
    (
        "a",
        "an",
        "and",
        "are",
        "as",
        "at",
        "be",
        "by",
        "for",
        "from",
        "has",
        "have",
        "in",
        "is",
        "it",
        "its",
        "of",
        "on",
        "or",
        "that",
        "the",
        "this",
        "to",
        "was",
        "were",
        "with",
        # what questions are made of
        "been",
        "being",
        "can",
        "could",
        "did",
        "do",
        "does",
        "had",
        "her",
        "his",
        "how",
        "our",
        "she",
        "should",
        "their",
        "them",
        "there",
        "they",
        "us",
        "we",
        "what",
        "when",
        "where",
        "which",
        "who",
        "whom",
        "whose",
        "why",
        "would",
        "you",
        "your",
    )
)


def words(text: str) -> Counter[str]:
    """The words of a text and how often each occurs."""
    return Counter(_words(text))


def is_stop(word: str) -> bool:
    """Does it say nothing by itself?"""
    return len(word) < 2 or word in _STOP


def _words(text: str) -> Iterator[str]:
    for token in _WORD.findall(unicodedata.normalize("NFKC", text)):
        yield from _spellings(token) if len(token) <= MAX_WORD else _spellings.__wrapped__(token)


@lru_cache(20_000)  # a few tokens are most of every text
def _spellings(token: str) -> tuple[str, ...]:
    whole = _stem(token)
    parts = [_stem(part) for part in _PART.findall(token) if not part.isdecimal()]
    return tuple(one[:MAX_WORD] for one in dict.fromkeys((whole, *parts)) if not is_stop(one))


def _stem(token: str) -> str:
    """Folded, without a plural's s."""
    folded = token.casefold().strip("_")
    plural = len(folded) > 3 and folded.endswith("s") and not folded.endswith(("ss", "us", "is"))
    return folded[:-1] if plural else folded
