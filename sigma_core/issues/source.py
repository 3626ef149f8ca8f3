"""The Python files of a tree as text, and why others are not looked at."""

import ast
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from enum import StrEnum
from functools import cached_property, lru_cache
from pathlib import Path

from sigma_core.parsing import syntax_tree

_NEWLINE = re.compile(r"\r\n|\r|\n")


class Skip(StrEnum):
    """Why a file is not, or not wholly, analysed."""

    SYNTAX = "it does not parse"
    TOO_LARGE = "it is larger than 1 MiB"
    ENCODING = "it is not UTF-8 text"
    NEWER_SYNTAX = "its syntax is too new or too deep for the Python that SIGMA runs on: no dead code analysis"
    NOTEBOOK = "it is a notebook, of which nothing is analysed"
    LFS = "its content is in Git LFS, not in the repository"
    SYMLINK = "it is a symbolic link"
    SUBMODULE = "it is a submodule"
    VENDORED = "it is in a folder of other people's or generated code"
    GENERATED = "it says that it is generated"
    LEFT_ALONE = "the project asks to leave it alone"


UNREAD = frozenset({Skip.SYNTAX, Skip.TOO_LARGE, Skip.ENCODING, Skip.LFS})
"""Nothing is known about such a file now: what was wrong in it before may still be."""


@dataclass(frozen=True)
class Definition:
    """A function or class: qualified name inside its module, first and last line (1-based)."""

    name: str
    line: int
    end_line: int


@dataclass
class SourceFile:
    """One file: path relative to the tree with forward slashes, text without byte order mark."""

    path: str
    text: str
    _outline: list[Definition] | None = field(default=None, init=False, repr=False, compare=False)
    _parses: bool = field(default=False, init=False, repr=False, compare=False)

    @cached_property
    def lines(self) -> list[str]:
        """Lines without their ends, split where Python splits them (not at form feeds)."""
        return _NEWLINE.split(self.text)

    def parse(self) -> ast.Module | None:
        """The syntax tree, or None where this Python cannot parse the file.

        It is not kept, only what `definitions` needs: the trees of a large project take gigabytes.
        """
        self._parses, self._outline = False, []
        try:
            tree = _tree_of(self.text)
            self._outline = list(_definitions(tree.body, ""))
        except (SyntaxError, RecursionError):
            return None
        self._parses = True
        return tree

    @property
    def definitions(self) -> list[Definition]:
        """All functions and classes, outer ones before inner ones."""
        if self._outline is None:
            self.parse()
        return self._outline or []

    @property
    def parses(self) -> bool:
        """Can this Python parse it?"""
        if self._outline is None:
            self.parse()
        return self._parses

    def enclosing(self, line: int) -> str:
        """The qualified name of the innermost definition around a line; empty at module level."""
        return self._around[line] if 0 <= line < len(self._around) else ""

    @cached_property
    def _around(self) -> list[str]:
        """By line, the innermost definition's name: a generated file has thousands of findings and definitions."""
        names = [""] * (len(self.lines) + 1)
        for each in self.definitions:
            names[each.line : each.end_line + 1] = [each.name] * (each.end_line + 1 - each.line)
        return names


@dataclass(frozen=True)
class Sources:
    """The files to look at below `root`; `whole` if they are all there are."""

    root: Path
    files: dict[str, SourceFile]
    whole: bool = True


@lru_cache(maxsize=2)
def _tree_of(text: str) -> ast.Module:
    """One for the detectors that look at a few files one after the other; none of them changes it."""
    return syntax_tree(text)


def _definitions(body: Iterable[ast.AST], prefix: str) -> Iterator[Definition]:
    for node in body:
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
            yield Definition(prefix + node.name, node.lineno, node.end_lineno or node.lineno)
            yield from _definitions(node.body, f"{prefix}{node.name}.")
        elif isinstance(node, ast.stmt | ast.ExceptHandler | ast.match_case):
            yield from _definitions(ast.iter_child_nodes(node), prefix)
