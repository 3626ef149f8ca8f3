"""Code that nothing reaches.

Vulture reads the files as text. Reported is what it is sure of (unreachable statements, arguments never read), and
private functions, methods and classes whose name stands nowhere else in the tree: of public ones a library's users
may know. Unused imports and variables are the linter's, which can also mend them.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from importlib.metadata import version
from pathlib import Path

from vulture.core import Item, Vulture
from vulture.noqa import parse_noqa

from sigma_core.issues.detectors.model import Look
from sigma_core.issues.file_selection import collect
from sigma_core.issues.finding import Found
from sigma_core.issues.source import SourceFile, Sources
from sigma_core.issues.tables import Severity

_SURE = {"unreachable_code": "unreachable-code", "variable": "unused-argument"}
_PRIVATE = {"function": "unused-function", "method": "unused-method", "class": "unused-class"}
UNUSED = frozenset((_SURE | _PRIVATE).values())
"""The rules of this detector."""
_PRIVATE_NAME = re.compile(r"_[a-zA-Z]")
_WORD = re.compile(r"\w+")


class _Reader(Vulture):  # type: ignore[misc]  # the package is untyped
    """Vulture over our own sources, silent where one does not parse."""

    def read(self, source: SourceFile) -> None:
        tree = source.parse()
        if tree is None:
            return
        self.filename = Path(source.path)
        self.code = source.lines
        self.noqa_lines = parse_noqa(self.code)
        try:
            self.visit(tree)
        except RecursionError:
            # What the rest of it uses is not known
            self.used_names.update(_WORD.findall(source.text))
        self.reachability.reset()


@dataclass(frozen=True)
class DeadCodeDetector:
    """`min_confidence` (percent) is vulture's own estimate that nothing uses it."""

    min_confidence: int = 80
    name: str = "dead_code"

    @property
    def rules(self) -> str:
        return f"dead_code>={self.min_confidence} vulture {_vulture_version()}"

    def look(self, sources: Sources) -> Look:
        reader = _Reader()
        for source in sources.files.values():
            reader.read(source)
        sure = [i for i in reader.get_unused_code(self.min_confidence) if i.typ in _SURE]
        private = [i for i in reader.get_unused_code() if i.typ in _PRIVATE and _PRIVATE_NAME.match(i.name)]
        elsewhere = _words_elsewhere(sources) if private else frozenset()
        unused = [i for i in private if i.name not in elsewhere]
        return Look([self._finding(item) for item in [*sure, *unused]])

    def _finding(self, item: Item) -> Found:
        return Found(
            detector=self.name,
            rule=(_SURE | _PRIVATE)[item.typ],
            family="dead_code",
            severity=Severity.WARNING if item.typ == "unreachable_code" else Severity.INFO,
            file=item.filename.as_posix(),
            line=item.first_lineno,
            end_line=item.first_lineno,
            message=item.message[:1].upper() + item.message[1:].replace("'", "`"),
        )


def _words_elsewhere(sources: Sources) -> frozenset[str]:
    """Words of the tree's other Python files, which may use a name that the files in hand do not."""
    if sources.whole:
        return frozenset()
    everything, _ = collect(sources.root)
    others: Iterator[SourceFile] = (s for path, s in everything.files.items() if path not in sources.files)
    return frozenset(word for source in others for word in _WORD.findall(source.text))


@cache
def _vulture_version() -> str:
    return version("vulture")
