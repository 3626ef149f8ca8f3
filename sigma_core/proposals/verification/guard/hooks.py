"""Hooks of pytest that make another outcome of the one there was."""

import ast
from collections.abc import Iterator

from sigma_core.proposals.verification.guard.names import constant
from sigma_core.proposals.verification.syntax import FUNCTIONS

_DECIDING = ("pytest_runtest_makereport", "pytest_pyfunc_call", "pytest_runtest_protocol", "pytest_runtestloop")
"""Where pytest takes the first answer that anybody gives."""
_AROUND = ("pytest_runtest_call", "pytest_runtest_setup", "pytest_runtest_teardown", *_DECIDING)
_TELLING = {
    "outcome",
    "longrepr",
    "exitstatus",
    "wasxfail",
    "testsfailed",
    "excinfo",
    "_excinfo",
    "_result",
    "_exception",
}
_FORCING = {"force_result", "force_exception", "from_item_and_call"}


def rewriting(tree: ast.Module) -> Iterator[tuple[int, str]]:
    """Line and name of the hooks that change, give or swallow outcomes."""
    for node in ast.walk(tree):
        if isinstance(node, FUNCTIONS) and node.name.startswith("pytest_") and _rewrites(node):
            yield node.lineno, node.name


def _rewrites(node: ast.FunctionDef | ast.AsyncFunctionDef) -> bool:
    parts = [part for statement in node.body for part in ast.walk(statement)]
    if any(_changes(part) for part in parts):
        return True
    yields = [part for part in parts if isinstance(part, ast.Yield)]
    swallows = any(
        isinstance(part, ast.Try) and part.handlers and any(each in yields for each in ast.walk(part)) for part in parts
    )
    if yields:
        return node.name in _AROUND and swallows
    returned = [part.value for part in parts if isinstance(part, ast.Return) and part.value is not None]
    return node.name in _DECIDING and any(not _is_none(value) for value in returned)


def _changes(node: ast.AST) -> bool:
    if isinstance(node, ast.Attribute):
        return node.attr in _FORCING or (node.attr in _TELLING and not isinstance(node.ctx, ast.Load))
    setting = isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in ("setattr", "delattr")
    return setting and isinstance(node, ast.Call) and any(constant(each) in _TELLING for each in node.args)


def _is_none(node: ast.expr) -> bool:
    return isinstance(node, ast.Constant) and node.value is None
