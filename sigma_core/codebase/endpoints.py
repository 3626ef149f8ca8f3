"""Functions that a web framework calls: those whose decorator names a route. Read from text, by no framework's code."""

import ast
import re
from collections.abc import Iterator, Mapping

from sigma_core.codebase.scopes import Function
from sigma_core.parsing import syntax_tree
from sigma_core.projects.git import Clone
from sigma_core.projects.tables import Project

VERBS = frozenset({"route", "get", "post", "put", "delete", "patch", "head", "options", "websocket", "api_route"})
"""Names of the decorators of Flask, FastAPI, Starlette, Sanic, aiohttp, Bottle and their like."""
MOST_BYTES = 1_000_000
_MAY_ROUTE = re.compile(rb"@[\w.]+\.(?:" + "|".join(sorted(VERBS)).encode() + rb")\s*\(")


def endpoints(project: Project, clone: Clone, modules: Mapping[str, str]) -> dict[str, str]:
    """Full names of the functions of a project's head that answer a route, with the route. `modules`: names by path."""
    files = clone.files(project.head)
    blobs = {path: files[path].blob for path in modules if path in files and files[path].is_plain}
    contents = clone.contents(sorted(set(blobs.values())), MOST_BYTES)
    found: dict[str, str] = {}
    for path, blob in blobs.items():
        text = contents.get(blob, b"")
        if _MAY_ROUTE.search(text):
            found |= {f"{modules[path]}.{name}": route for name, route in routes(text).items()}
    return found


def routes(text: bytes) -> dict[str, str]:
    """Functions of one file, by their dotted names, with the route that each answers."""
    try:
        return dict(_routes(syntax_tree(text), ""))
    except (SyntaxError, RecursionError):
        return {}


def _routes(node: ast.AST, prefix: str) -> Iterator[tuple[str, str]]:
    for each in ast.iter_child_nodes(node):
        name = f"{prefix}{each.name}" if isinstance(each, Function | ast.ClassDef) else prefix
        if isinstance(each, Function):
            for decorator in each.decorator_list:
                if (route := _route(decorator)) is not None:
                    yield name, route
        yield from _routes(each, f"{name}." if isinstance(each, Function | ast.ClassDef) else prefix)


def _route(decorator: ast.expr) -> str | None:
    if not (isinstance(decorator, ast.Call) and isinstance(decorator.func, ast.Attribute)):
        return None
    first = decorator.args[0] if decorator.args else None
    is_path = isinstance(first, ast.Constant) and isinstance(first.value, str) and first.value.startswith("/")
    if decorator.func.attr not in VERBS or not is_path:
        return None
    verb = decorator.func.attr.upper()
    path = str(first.value) if isinstance(first, ast.Constant) else ""
    return path if verb in {"ROUTE", "API_ROUTE"} else f"{verb} {path}"
