"""Words of prose and of code: ``shop.parse_URLs`` is found by parse, url, parse_urls and shop.parse_urls.

Words are stemmed by Porter's rules, so that *caching* finds *cached*.
"""

import re
import threading
import unicodedata
from collections import Counter
from collections.abc import Mapping
from functools import cache, lru_cache
from typing import Protocol

MAX_WORD = 60
_TOKEN = re.compile(r"\w+(?:\.\w+)*")
_PART = re.compile(r"[A-Z]{2,}s(?![a-z])|[A-Z]+(?![a-z])|[A-Z]?[^\W\dA-Z_]+|\d+")
_STEMMING = threading.Lock()
"""The stemmer keeps the word it has in hand."""
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
    return Counter(spelling for token in _tokens(text) for spelling in _spellings_of(token))


def spelled(text: str) -> dict[str, str]:
    """The words of a text, each with how it is spelled there."""
    return {word: as_is for token in reversed(_tokens(text)) for word, as_is in _spellings_of(token).items()}


def is_stop(word: str) -> bool:
    """Does it say nothing by itself?"""
    return len(word) < 2 or word in _STOP


def _tokens(text: str) -> list[str]:
    return _TOKEN.findall(unicodedata.normalize("NFKC", text))


def _spellings_of(token: str) -> Mapping[str, str]:
    return _spellings(token) if len(token) <= MAX_WORD else _spellings.__wrapped__(token)


@lru_cache(20_000)  # a few tokens are most of every text
def _spellings(token: str) -> Mapping[str, str]:
    """A name as a whole and in its parts; what is joined by dots also by what stands between them."""
    found = {token.casefold()[:MAX_WORD]: token} if "." in token else {}
    for name in token.split("."):
        pieces = [name, *(part for part in _PART.findall(name) if not part.isdecimal())]
        found |= {_stem(word)[:MAX_WORD]: each for each in pieces if not is_stop(word := each.casefold().strip("_"))}
    return found


class _Stemmer(Protocol):
    def stemWord(self, word: str) -> str: ...  # noqa: N802


def _stem(word: str) -> str:
    with _STEMMING:
        return _porter().stemWord(word)


@cache
def _porter() -> _Stemmer:
    import snowballstemmer

    porter: _Stemmer = snowballstemmer.stemmer("porter")
    return porter
