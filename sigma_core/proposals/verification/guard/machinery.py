"""Changed code that reaches for the machinery which reports the evidence."""

import ast
import codecs
import re
from collections import Counter
from collections.abc import Iterator, Sequence

from sigma_core.proposals.verification.guard.guarded_paths import is_test
from sigma_core.proposals.verification.guard.names import dotted
from sigma_core.proposals.verification.guard.reaching import MachineryUse, reaches
from sigma_core.proposals.verification.patch import ChangedFile
from sigma_core.proposals.verification.syntax import FUNCTIONS, Unreadable, parse

_ENCODING = re.compile(r"^[ \t\f]*#.*?coding[:=][ \t]*([-\w.]+)")
"""As Python finds it, in the first two lines."""
_PLAIN = {"utf-8", "utf-8-sig", "ascii", "iso8859-1", "iso8859-15", "cp1252"}
"""Encodings in which what is code is the same bytes as here."""
_SKIPS = {"pytest.skip", "pytest.exit", "pytest.importorskip", "unittest.SkipTest"}


def machinery(file: ChangedFile) -> Iterator[str]:
    """What the change makes a file do that could forge or hide a result."""
    if not file.is_python or file.after is None:
        return
    yield from _encoding(file.path, file.after)
    try:
        tree, found = parse(file.after), reaches(file.after, in_test=is_test(file.path))
    except Unreadable:
        return
    added = set(file.added_lines)
    for reach in _new(file, found, added):
        yield f"{file.path}:{reach.line} {reach.what}."
    yield from _module_level(file.path, tree, added)


def _encoding(path: str, text: str) -> Iterator[str]:
    """An encoding in which Python reads other code than stands here."""
    for number, line in enumerate(text.split("\n")[:2], 1):
        if (found := _ENCODING.match(line)) and not _is_plain(found[1]):
            yield f"{path}:{number} is written in {found[1]}: what runs is not what is read here."


def _is_plain(encoding: str) -> bool:
    try:
        return codecs.lookup(encoding).name in _PLAIN
    except LookupError:
        return False


def _new(file: ChangedFile, after: Sequence[MachineryUse], added: set[int]) -> Iterator[MachineryUse]:
    """What the file did not reach as often before, wherever it stands: an import can give an old line a new meaning."""
    more = Counter(reach.what for reach in after)
    more.subtract(reach.what for reach in _before(file))
    for reach in sorted(after, key=lambda each: (each.line not in added, each.line)):
        if more[reach.what] > 0:
            more[reach.what] -= 1
            yield reach


def _before(file: ChangedFile) -> Sequence[MachineryUse]:
    try:
        return [] if file.before is None else reaches(file.before, in_test=is_test(file.old_path))
    except Unreadable:
        return []


def _module_level(path: str, tree: ast.Module, added: set[int]) -> Iterator[str]:
    """Skips and ends that take a whole file of tests away."""
    for statement in tree.body:
        if isinstance(statement, (*FUNCTIONS, ast.ClassDef)):
            continue
        for node in ast.walk(statement):
            if getattr(node, "lineno", None) not in added:
                continue
            if isinstance(node, ast.Attribute) and dotted(node) in _SKIPS:
                yield f"{path}:{node.lineno} skips or ends the tests of a whole module."
            elif isinstance(node, ast.Name) and node.id == "pytestmark":
                yield f"{path}:{node.lineno} marks all tests of a module."
