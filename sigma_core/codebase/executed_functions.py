"""Which functions of a file a run executed, by the lines that were recorded. Pure."""

import ast
from collections.abc import Iterable, Iterator, Mapping

from sigma_core.codebase.python_reader import parsed
from sigma_core.codebase.scopes import Function

MOST_TESTS = 50
"""Tests kept of one function: those that execute the least beside it tell the most."""


def function_lines(source: bytes) -> dict[str, int]:
    """Lines of each function's own body as bits, by its dotted name: what is defined in it has its own."""
    tree = parsed(source)
    found = dict[str, int]()
    waiting: list[tuple[Iterable[ast.AST], str, str]] = [(tree.body, "", "")] if tree else []
    while waiting:
        nodes, prefix, around = waiting.pop()
        for node in nodes:
            if isinstance(node, Function | ast.ClassDef):
                name = f"{prefix}{node.name}"
                if isinstance(node, Function):
                    lines = _lines(node)
                    found[name] = found.get(name, 0) | lines
                    if around in found:
                        found[around] &= ~lines
                waiting.append((node.body, f"{name}.", name if isinstance(node, Function) else around))
            elif isinstance(node, ast.stmt | ast.ExceptHandler | ast.match_case):
                waiting.append((ast.iter_child_nodes(node), prefix, around))
    return found


def _lines(node: Function) -> int:
    """From the first statement on: the line with ``def`` runs where it is defined."""
    first, last = node.body[0].lineno, max(node.end_lineno or 0, node.body[0].lineno)
    return (1 << (last + 1)) - (1 << first)


def executing(
    functions: Mapping[str, int], masks: Mapping[str, int], breadth: Mapping[str, int]
) -> Iterator[tuple[str, str]]:
    """Function and test, for each test that executes a line of it. `breadth`: how many lines each test executes."""
    for function, lines in functions.items():
        some = (test for test, mask in masks.items() if mask & lines)
        yield from ((function, test) for test in sorted(some, key=lambda test: (breadth[test], test))[:MOST_TESTS])
