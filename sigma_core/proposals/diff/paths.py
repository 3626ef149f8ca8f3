"""Names of files as git writes them, and those that no diff may touch."""

import re

from sigma_core.proposals.diff.change import DiffRefused

_ESCAPE = re.compile(rb'\\([0-7]{3}|[abfnrtv"\\])')
_ESCAPED = {b"a": 7, b"b": 8, b"f": 12, b"n": 10, b"r": 13, b"t": 9, b"v": 11, b'"': 34, b"\\": 92}


def quoted(path: str) -> str:
    """The name, in quotes with octal bytes where it has more than plain characters."""
    if path.isascii() and path.isprintable() and not set(path) & {'"', "\\"}:
        return path
    octal = "".join(chr(byte) if 32 <= byte < 127 and byte not in b'"\\' else f"\\{byte:03o}" for byte in path.encode())
    return f'"{octal}"'


def unquoted(text: str) -> str:
    """The name that stands in a header line. Raises `DiffRefused` where it is not UTF-8."""
    if not text.startswith('"'):
        return text.split("\t", 1)[0].rstrip("\r\n")
    inner = text.strip()[1:-1].encode()
    raw = _ESCAPE.sub(lambda m: bytes([int(m[1], 8) & 255 if m[1].isdigit() else _ESCAPED[m[1]]]), inner)
    try:
        return raw.decode()
    except UnicodeDecodeError:
        raise DiffRefused("A path in the diff is not UTF-8.") from None


def checked_path(path: str) -> str:
    """The same path. Raises `DiffRefused` where it leaves the repository or lies in git's own folder."""
    parts = path.split("/")
    if path.startswith("/") or any(part in ("", ".", "..") for part in parts):
        raise DiffRefused(f"The path {path!r} leaves the repository.")
    if any(part.lower() == ".git" for part in parts):
        raise DiffRefused(f"The path {path!r} lies in git's own folder.")
    if len(path) > 1000 or not path.isprintable():
        raise DiffRefused(f"The path {path[:60]!r} is not a usable file name.")
    return path
