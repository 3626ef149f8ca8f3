"""Names of types that a file takes from other modules of its project, told to a linter that reads one file only."""

import ast
from collections.abc import Iterable, Iterator, Sequence
from typing import NamedTuple

from sigma_core.proposals.verification.static.modules import Modules, absolute
from sigma_core.proposals.verification.syntax import Unreadable, nodes_of

_MOST_STEPS = 12
_KNOWN = "from  collections.abc  import  Sized  as  {}"
"""Spelled as nobody would, so that it is told from what the file says."""
_OF_TYPES = ("builtins", "collections", "collections.abc", "typing", "typing_extensions")
_MAY_BE_NONE = ("Any", "Hashable", "Optional", "Union", "object")


class Exchanged(NamedTuple):
    """A statement that stands in place of another for the time being."""

    known: str
    stood: str


def with_known_types(path: str, text: str, modules: Modules) -> tuple[str, Sequence[Exchanged]]:
    """The text of a file in which types that come by way of the project's modules, and that None is none of, are
    imported from where a linter knows such; and which statements are exchanged for that, in their order.

    Raises `Unreadable`.
    """
    exchanged = list[Exchanged]()
    imports = (node for node in nodes_of(text) if isinstance(node, ast.ImportFrom))
    for node in sorted(imports, key=lambda each: (each.lineno, each.col_offset), reverse=True):
        if (known := _known(node, path, modules)) is not None:
            begin = _place(text, node.lineno, node.col_offset)
            end = _place(text, node.end_lineno or node.lineno, node.end_col_offset or 0)
            exchanged.append(Exchanged(known, text[begin:end]))
            text = text[:begin] + known + text[end:]
    return text, exchanged[::-1]


def as_written(text: str, exchanged: Sequence[Exchanged]) -> str:
    """The text with its own statements in their places again. Two of them may have been exchanged for the same."""
    done = ""
    for known, stood in exchanged:
        before, _, text = text.partition(known)
        done += before + stood
    return done + text


def _known(node: ast.ImportFrom, path: str, modules: Modules) -> str | None:
    """What to have in place of an import from the project's own modules; None where it takes no type."""
    module = absolute(node, path)
    if modules.file_of(module) is None:
        return None
    types = [each for each in node.names if _is_type(module, each.name, modules)]
    rest = ", ".join(ast.unparse(each) for each in node.names if each not in types)
    own = [f"from {'.' * node.level}{node.module or ''} import {rest}"] if rest else []
    return "; ".join([*own, *(_KNOWN.format(_bound(each)) for each in types)]) if types else None


def _is_type(module: str, name: str, modules: Modules, steps: int = _MOST_STEPS) -> bool:
    """Whether a name of a module stands, by whichever way it is bound there, for a class or a type of Python's."""
    if module in _OF_TYPES:
        return name not in _MAY_BE_NONE
    path = modules.file_of(module)
    if path is None or not steps:
        return False
    try:
        bindings = [*_bindings(nodes_of(modules.texts[path]), name)]
    except Unreadable:
        return False
    return bool(bindings) and all(
        isinstance(each, ast.ClassDef)
        or (
            isinstance(each, ast.ImportFrom)
            and _is_type(absolute(each, path), _original(each, name), modules, steps - 1)
        )
        for each in bindings
    )


def _bindings(nodes: Iterable[ast.AST], name: str) -> Iterator[ast.AST]:
    """Whatever binds the name anywhere in a module."""
    for node in nodes:
        if isinstance(node, (ast.Import, ast.ImportFrom)):
            if any(_bound(each) == name for each in node.names):
                yield node
        elif isinstance(node, (ast.ClassDef, ast.FunctionDef, ast.AsyncFunctionDef)):
            if node.name == name:
                yield node
        elif isinstance(node, ast.Name) and node.id == name and isinstance(node.ctx, ast.Store):
            yield node


def _original(node: ast.ImportFrom, name: str) -> str:
    return next(each.name for each in node.names if _bound(each) == name)


def _bound(alias: ast.alias) -> str:
    return alias.asname or alias.name


def _place(text: str, line: int, offset: int) -> int:
    """Where in a text that is which syntax tells by its line and the bytes before it there."""
    lines = text.split("\n")[:line]
    before = lines[-1].encode("utf-8", "surrogateescape")[:offset].decode("utf-8", "surrogateescape")
    return sum(len(each) + 1 for each in lines[:-1]) + len(before)
