"""Text from outside: as a database can store it, and as a person can see it."""

import re
from collections.abc import Callable, Mapping

REPLACEMENT = "\N{REPLACEMENT CHARACTER}"
HIDDEN = re.compile(
    "[\\x00-\\x1f\\x7f-\\x9f\\xad\\u0600-\\u0605\\u061c\\u06dd\\u070f\\u0890\\u0891\\u08e2\\u180e\\u200b-\\u200f"
    "\\u2028-\\u202e\\u2060-\\u206f\\ufeff\\ufff9-\\ufffb\\U000110bd\\U000110cd\\U00013430-\\U0001343f"
    "\\U0001bca0-\\U0001bca3\\U0001d173-\\U0001d17a\\U000e0001\\U000e0020-\\U000e007f\\ud800-\\udfff]"
)
"""Characters that steer a terminal or change how text reads without being seen: controls, formats, line separators."""
_UNSTORABLE = re.compile("[\0\ud800-\udfff]")
_LAYOUT = "\n\t"


def is_storable(text: str) -> bool:
    """Whether every database can hold it: no NUL, no half of a surrogate pair."""
    return "\0" not in text if text.isascii() else _UNSTORABLE.search(text) is None


def why_unstorable(text: str) -> str:
    """Which characters keep a database from holding it; empty where none do."""
    if is_storable(text):
        return ""
    return "holds a NUL character" if "\0" in text else "holds an unpaired surrogate"


def storable(text: str, length: int | None = None) -> str:
    """The text as every database can hold it, cut after `length` characters.

    Names of files and output of programs may hold what none can: each such character becomes U+FFFD.
    """
    return _UNSTORABLE.sub(REPLACEMENT, text)[:length]


def storable_values(value: object) -> object:
    """JSON's values with every text in them as databases can hold it."""
    if isinstance(value, str):
        return storable(value)
    if isinstance(value, Mapping):
        return {storable(str(name)): storable_values(inner) for name, inner in value.items()}
    return [storable_values(inner) for inner in value] if isinstance(value, list | tuple) else value


def utf8(text: str) -> bytes:
    """The text in UTF-8, with a question mark for each half of a surrogate pair."""
    return text.encode(errors="replace")


def escaped(text: str, length: int) -> str:
    """In printable ASCII, whatever else it holds spelled out; at most `length` characters."""
    if not (text.isascii() and text.isprintable()):
        text = text[:length].encode("unicode_escape").decode()
    return text[:length]


def cut(text: str, length: int) -> str:
    """At most `length` characters; the last one is an ellipsis where something is left out."""
    return text if len(text) <= length else f"{text[: length - 1]}…"


def visible(text: str) -> str:
    """The text with every hidden character spelled out, line ends and tabs aside."""
    return with_hidden(text, _spelled)


def with_hidden(text: str, shown: Callable[[str], str]) -> str:
    """The text with every hidden character, line ends and tabs aside, as `shown` makes it seen."""
    return HIDDEN.sub(lambda found: found[0] if found[0] in _LAYOUT else shown(found[0]), text)


def visible_line(text: str) -> str:
    """The text as one line: line ends and tabs are spelled out too."""
    return HIDDEN.sub(lambda found: _spelled(found[0]), text)


def _spelled(character: str) -> str:
    code = ord(character)
    return f"\\x{code:02x}" if code < 0x100 else f"\\u{code:04x}" if code < 0x10000 else f"\\U{code:08x}"
