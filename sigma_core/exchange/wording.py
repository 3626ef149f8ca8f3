"""What free text says, its wording set aside. Pure rules, made so that only what surely says the same is the same.

Set aside: case, spacing, punctuation around words, articles and the like, plurals, ``don't`` for ``do not``.
Kept: the order of the words, every negation, number, name and tense.
"""

import re
import unicodedata
from functools import lru_cache

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


def said(text: str) -> str:
    """The words that carry what a text says, in their order."""
    plain = text if text.isascii() else unicodedata.normalize("NFKC", text.translate(_APOSTROPHES))
    return " ".join(filter(None, map(_told, plain.split())))


@lru_cache(maxsize=4096)
def _told(raw: str) -> str:
    """A word's own form; empty if it says nothing."""
    word = raw.strip(_AROUND)
    if not _PLAIN.fullmatch(word.replace("'", "")):
        # A path, a number, code: its case and its marks may be all that tells it from another
        end = word[-1:]
        if end in ("?", "!") and _PLAIN.fullmatch(word[:-1]):
            return f"{_told(word[:-1])} {end}".removesuffix("!").strip()
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
