"""What files in other languages than Python import, by the few words of each that say so. Linear in a file's length."""

import re
from collections.abc import Iterator

MOST_IMPORTS = 2_000
"""Of one file: what has more is generated."""
_SCRIPT = re.compile(
    rb"//[^\n]*"
    rb"|/\*(?:.*?\*/|.*)"
    rb"|`(?:\\.|[^`\\])*`?"
    rb"|\"((?:\\.|[^\"\\\n])*)\"?"
    rb"|'((?:\\.|[^'\\\n])*)'?"
    rb"|(?<![\w$.])(?:import|require|from)(?![\w$])",
    re.DOTALL,
)
_BETWEEN = {b"import": (b"", b"("), b"from": (b"",), b"require": (b"(",)}
"""What may stand between such a word and the text that it imports."""
_INCLUDE = re.compile(
    rb"^[ \t]*#[ \t]*(?:include|import)[ \t]*(?:\"([^\"\n]+)\"|<([^>\n]+)>)"
    rb"|//[^\n]*"
    rb"|/\*(?:.*?\*/|.*)"
    rb"|\"(?:\\.|[^\"\\\n])*\"?",
    re.DOTALL | re.MULTILINE,
)
_JAVA = re.compile(
    rb"//[^\n]*|/\*(?:.*?\*/|.*)|\"(?:\\.|[^\"\\\n])*\"?|^[ \t]*import[ \t]+(?:static[ \t]+)?([\w.]+)",
    re.DOTALL | re.MULTILINE,
)
_RUST = re.compile(
    rb"//[^\n]*|/\*(?:.*?\*/|.*)|\"(?:\\.|[^\"\\])*\"?|^[ \t]*(?:pub(?:\([^)\n]*\))?[ \t]+)?mod[ \t]+(\w+)[ \t]*;",
    re.DOTALL | re.MULTILINE,
)
_GO = re.compile(
    rb"//[^\n]*|/\*(?:.*?\*/|.*)|`[^`]*`?"
    rb"|^import[ \t]*(?:\w+[ \t]+)?\"([^\"\n]+)\"|^import[ \t]*\(([^)]*)"
    rb"|\"(?:\\.|[^\"\\\n])*\"?",
    re.DOTALL | re.MULTILINE,
)


def script_imports(source: bytes) -> tuple[str, ...]:
    """JavaScript and TypeScript: ``import``, ``export … from``, ``import()`` and ``require()`` of a plain text."""

    def said() -> Iterator[bytes | None]:
        word, end = b"", 0
        for found in _SCRIPT.finditer(source):
            text = found[1] if found[1] is not None else found[2]
            if text is not None and word and source[end : found.start()].strip() in _BETWEEN[word]:
                yield text
            if not found[0].startswith((b"//", b"/*")):
                word, end = found[0] if found[0] in _BETWEEN else b"", found.end()

    return _texts(said())


def includes(source: bytes) -> tuple[str, ...]:
    """C and C++: what is included."""
    return _texts(found[1] or found[2] for found in _INCLUDE.finditer(source))


def java_imports(source: bytes) -> tuple[str, ...]:
    """Java: dotted names of classes."""
    return _texts(found[1] for found in _JAVA.finditer(source))


def rust_modules(source: bytes) -> tuple[str, ...]:
    """Rust: modules that lie in files of their own."""
    return _texts(found[1] for found in _RUST.finditer(source))


def go_imports(source: bytes) -> tuple[str, ...]:
    """Go: paths of packages."""

    def said() -> Iterator[bytes | None]:
        for found in _GO.finditer(source):
            yield found[1]
            for line in (found[2] or b"").split(b"\n"):
                yield line.partition(b"//")[0].partition(b'"')[2].partition(b'"')[0]

    return _texts(said())


def _texts(found: Iterator[bytes | None]) -> tuple[str, ...]:
    names = dict[str, None]()
    for each in found:
        if each and len(each) <= 400 and len(names) < MOST_IMPORTS:
            names[each.decode("utf-8", "replace")] = None
    return tuple(names)
