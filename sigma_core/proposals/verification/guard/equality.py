"""Objects that are equal to whatever a test compares them with, and such as could be."""

import ast

from sigma_core.proposals.verification.syntax import FUNCTIONS, docstring

COMPARISONS = ("__eq__", "__ne__")
_TYPES = {"isinstance", "type", "NotImplemented", "super"}


def says_yes(node: ast.stmt) -> str | None:
    """The comparison that a statement defines without looking at the other side; None if it does no such thing."""
    if isinstance(node, ast.Assign):
        names = (each.id for each in node.targets if isinstance(each, ast.Name) and each.id in COMPARISONS)
        return (
            next(names, None)
            if isinstance(node.value, ast.Lambda) and _ignores(node.value.args, [node.value.body])
            else None
        )
    if not isinstance(node, FUNCTIONS) or node.name not in COMPARISONS:
        return None
    body = [statement for statement in node.body if statement is not docstring(node)]
    returned = [each.value for statement in body for each in ast.walk(statement) if isinstance(each, ast.Return)]
    flat = all(isinstance(each, ast.Constant) for each in returned) and not any(
        isinstance(each, ast.If) for each in body
    )
    return node.name if returned and (flat or _ignores(node.args, body)) else None


def unasked(node: ast.stmt) -> str | None:
    """The comparison that a statement defines without asking what the other side is; None for any other."""
    if isinstance(node, ast.Assign) and not isinstance(node.value, ast.Lambda):
        return next((each.id for each in node.targets if isinstance(each, ast.Name) and each.id in COMPARISONS), None)
    if not isinstance(node, FUNCTIONS) or node.name not in COMPARISONS:
        return None
    parts = [each for part in node.body for each in ast.walk(part)]
    asks = any(isinstance(each, ast.Name) and each.id in _TYPES for each in parts)
    identity = any(isinstance(each, ast.Compare) and isinstance(each.ops[0], ast.Is) for each in parts)
    return None if asks or identity else node.name


def _ignores(arguments: ast.arguments, body: list[ast.stmt] | list[ast.expr]) -> bool:
    other = arguments.args[1].arg if len(arguments.args) > 1 else None
    used = {each.id for part in body for each in ast.walk(part) if isinstance(each, ast.Name)}
    return other not in used
