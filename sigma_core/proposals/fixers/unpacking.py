"""Displays that the linter makes of sums, without what only the sum had need of."""

import ast
from collections.abc import Sequence
from dataclasses import replace

from sigma_core.issues.finding import Edit
from sigma_core.parsing import syntax_tree
from sigma_core.proposals.verification.syntax import FUNCTIONS

_COPIES = frozenset({"list", "tuple"})


def plainly_unpacked(rule: str, edits: Sequence[Edit], text: str) -> Sequence[Edit]:
    """Edits of a rule in a text, with `[a, *b]` for `[a, *list(b)]`: a sum needs two lists, a display does not.

    As they are where the text gives `list` or `tuple` a meaning of its own.
    """
    if rule != "RUF005" or _COPIES & _bound(text):
        return edits
    return [replace(each, content=_plain(each.content)) for each in edits]


def _plain(content: str) -> str:
    """An expression without the copies that it only unpacks."""
    try:
        nodes = [*ast.walk(syntax_tree(f"({content})"))]
    except SyntaxError:
        return content
    for node in nodes:
        if isinstance(node, ast.Starred) and (taken := _copied(node.value)) is not None:
            source = f"({content})"
            call, inner = (ast.get_source_segment(source, each) for each in (node.value, taken))
            if call and inner:
                return _plain(content.replace(f"*{call}", f"*{inner}", 1))
    return content


def _copied(node: ast.expr) -> ast.expr | None:
    """What a call of `list` or `tuple` copies; None for anything else, and where it would need brackets."""
    if not isinstance(node, ast.Call) or not isinstance(node.func, ast.Name) or node.func.id not in _COPIES:
        return None
    if len(node.args) != 1 or node.keywords:
        return None
    plain = (ast.Name, ast.Attribute, ast.Call, ast.Subscript)
    return node.args[0] if isinstance(node.args[0], plain) else None


def _bound(text: str) -> set[str]:
    """Names that a text gives a value, wherever."""
    try:
        nodes = [*ast.walk(syntax_tree(text))]
    except SyntaxError:
        return set(_COPIES)
    found = {node.id for node in nodes if isinstance(node, ast.Name) and not isinstance(node.ctx, ast.Load)}
    found |= {node.name for node in nodes if isinstance(node, FUNCTIONS)}
    found |= {node.arg for node in nodes if isinstance(node, ast.arg)}
    return found | {node.asname or node.name for node in nodes if isinstance(node, ast.alias)}
