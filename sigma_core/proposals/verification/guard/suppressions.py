"""Comments that tell a checker to look away."""

import io
import re
import tokenize
from collections import Counter
from collections.abc import Iterator
from functools import lru_cache

from sigma_core.proposals.verification.patch import ChangedFile

_DIRECTIVE = re.compile(
    r"#\s*(?P<kind>(?:ruff|flake8)\s*:\s*noqa|noqa|type\s*:\s*ignore|pyright\s*:\s*\w+|mypy\s*:|ty\s*:\s*ignore|"
    r"pragma\s*:\s*no\s*(?:cover|branch)|nosec|nosemgrep|nosonar|pylint\s*:\s*(?:disable|skip-file)[\w-]*|"
    r"bandit\s*:|codeql|lgtm)(?P<rest>[^#]*)",
    re.IGNORECASE,
)
_CODE = re.compile(r"[A-Za-z][\w-]*")


def added_suppressions(file: ChangedFile) -> Iterator[str]:
    """Directives the file has more of than before; those that only move along with code are not new."""
    before = Counter(key for key, _ in _directives(file.before or ""))
    for key, line in _directives(file.after or ""):
        before[key] -= 1
        if before[key] < 0:
            kind, code = key
            yield f"{file.path}:{line} adds `{kind}{f': {code}' if code else ''}`."


@lru_cache(maxsize=256)
def _directives(text: str) -> tuple[tuple[tuple[str, str], int], ...]:
    # Telling comments from strings takes most of the time that a file is read in
    return tuple(_directives_in(text)) if _DIRECTIVE.search(text) else ()


def _directives_in(text: str) -> Iterator[tuple[tuple[str, str], int]]:
    """((kind, code), line); a directive without codes has the code ''."""
    for line, comment in _comments(text):
        for match in _DIRECTIVE.finditer(comment):
            kind = re.sub(r"\s+", " ", re.sub(r"\s*:\s*", ": ", match["kind"])).strip().lower()
            codes = _CODE.findall(match["rest"].split("  ")[0]) if match["rest"].lstrip()[:1] in set(":=[( ") else []
            for code in codes or [""]:
                yield (kind, code), line


def _comments(text: str) -> Iterator[tuple[int, str]]:
    try:
        for token in tokenize.tokenize(io.BytesIO(text.encode("utf-8", "surrogateescape")).readline):
            if token.type == tokenize.COMMENT:
                yield token.start[0], token.string
    except (tokenize.TokenError, SyntaxError):
        # Not (yet) Python: every line with a sign of a comment may be one
        for number, line in enumerate(text.splitlines(), 1):
            if "#" in line:
                yield number, line[line.index("#") :]
