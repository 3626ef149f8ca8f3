"""Look-ups in what `**kwargs` holds, which is always a dictionary: nothing found is None, said or not."""

import ast

from sigma_core.proposals.verification.syntax import DEFINITIONS, FUNCTIONS


def plain_lookups(tree: ast.Module) -> None:
    """Write `kwargs.get(key, None)` without the None, in place."""
    for node in ast.walk(tree):
        if isinstance(node, FUNCTIONS) and node.args.kwarg is not None and _is_kept(node, node.args.kwarg):
            for call in ast.walk(node):
                if isinstance(call, ast.Call) and _asks(call, node.args.kwarg.arg):
                    del call.args[1]


def _is_kept(function: ast.FunctionDef | ast.AsyncFunctionDef, kwarg: ast.arg) -> bool:
    """Whether the name means the same wherever it stands in the function."""
    for node in ast.walk(function):
        if isinstance(node, ast.Name):
            given = node.id == kwarg.arg and not isinstance(node.ctx, ast.Load)
        elif isinstance(node, ast.arg):
            given = node is not kwarg and node.arg == kwarg.arg
        elif isinstance(node, ast.alias):
            given = kwarg.arg in (node.asname or node.name, "*")
        else:
            given = kwarg.arg in _names(node)
        if given:
            return False
    return True


def _names(node: ast.AST) -> tuple[str | None, ...]:
    if isinstance(node, (*DEFINITIONS, ast.ExceptHandler, ast.MatchAs, ast.MatchStar)):
        return (node.name,)
    if isinstance(node, ast.MatchMapping):
        return (node.rest,)
    return tuple(node.names) if isinstance(node, (ast.Global, ast.Nonlocal)) else ()


def _asks(call: ast.Call, name: str) -> bool:
    return (
        isinstance(call.func, ast.Attribute)
        and call.func.attr == "get"
        and isinstance(call.func.value, ast.Name)
        and call.func.value.id == name
        and len(call.args) == 2
        and not call.keywords
        and not isinstance(call.args[0], ast.Starred)
        and isinstance(call.args[1], ast.Constant)
        and call.args[1].value is None
    )
