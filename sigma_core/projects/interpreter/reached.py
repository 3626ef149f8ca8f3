"""Which modules of a project its tests may load, told from the imports that stand in the text."""

import ast
from collections import defaultdict
from collections.abc import Collection, Iterator, Mapping
from pathlib import PurePosixPath

from sigma_core.parsing import syntax_tree

TESTS = ("test_*.py", "*_test.py", "tests.py", "conftest.py")
LONGEST = 1024 * 1024
"""Characters of a file that is read."""


def reached_from_tests(sources: Mapping[str, str]) -> Collection[str]:
    """The files that tests import, whole chains of them, tests among them; every file where there are no tests.

    Names are looked up by their endings, so that it is rather too many than too few.
    """
    found = [path for path in sources if any(PurePosixPath(path).match(pattern) for pattern in TESTS)]
    if not found:
        return sources.keys()
    files = _files_by_name(sources)
    reached = set(found)
    while found:
        for name in _imported(sources[found.pop()]):
            fresh = {path for each in _steps(name) for path in files.get(each, ())} - reached
            reached |= fresh
            found += fresh
    return reached


def _files_by_name(sources: Mapping[str, str]) -> Mapping[str, list[str]]:
    files = defaultdict(list)
    for path in sources:
        parts = PurePosixPath(path).with_suffix("").parts
        parts = parts[:-1] if parts[-1] == "__init__" else parts
        for start in range(len(parts)):
            files[".".join(parts[start:])].append(path)
    return files


def _steps(name: str) -> Iterator[str]:
    """The module that a dotted name stands for is it, or a beginning of it; packages on the way are loaded too."""
    parts = name.split(".")
    return (".".join(parts[:end]) for end in range(1, len(parts) + 1))


def _imported(text: str) -> Iterator[str]:
    """Dotted names that a file imports anywhere, those of its own package without their dots."""
    if len(text) > LONGEST:
        return
    try:
        tree = syntax_tree(text)
    except SyntaxError:
        return
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            yield from (".".join(filter(None, (node.module, alias.name))) for alias in node.names)
