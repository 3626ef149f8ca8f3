"""Code that reaches for the machinery which reports the evidence."""

import ast
from collections.abc import Iterator

from sigma_core.proposals.verification.guard.places import is_test
from sigma_core.proposals.verification.patch import ChangedFile
from sigma_core.proposals.verification.syntax import Unreadable, parse

_MODULES = {"_pytest", "pluggy", "gc", "ctypes", "atexit", "coverage"}
_TEST_MODULES = {"pytest", "unittest"}
_NAMES = {
    "sys._getframe", "sys.settrace", "sys.setprofile", "sys.monitoring", "sys.modules", "sys.meta_path",
    "sys.path_hooks", "threading.settrace", "threading.setprofile", "os._exit", "os.abort", "os.kill",
    "inspect.currentframe", "inspect.stack", "signal.alarm", "faulthandler.dump_traceback_later",
}  # fmt: skip
_CALLS = {"exec", "eval", "compile", "__import__"}
_SKIPS = {"pytest.skip", "pytest.exit", "pytest.importorskip", "unittest.SkipTest"}


def machinery(file: ChangedFile) -> Iterator[str]:
    """What the added lines do that could forge or hide a result."""
    if not file.is_python or file.after is None:
        return
    try:
        tree = parse(file.after)
    except Unreadable:
        return
    added = set(file.added_lines)
    for node in ast.walk(tree):
        line = getattr(node, "lineno", None)
        if line in added and (what := _reaches(node, in_test=is_test(file.path))):
            yield f"{file.path}:{line} {what}."
    yield from _module_level(file.path, tree, added)


def _reaches(node: ast.AST, *, in_test: bool) -> str | None:
    if isinstance(node, ast.Import):
        return next((f"imports {name}" for each in node.names if (name := _watched(each.name, in_test))), None)
    if isinstance(node, ast.ImportFrom):
        return _imports_from(node, in_test=in_test)
    if isinstance(node, ast.Attribute) and (name := _dotted(node)) in _NAMES:
        return f"uses {name}"
    if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in _CALLS:
        return f"calls {node.func.id}()"
    if isinstance(node, ast.FunctionDef) and node.name in ("__eq__", "__ne__") and _constant(node):
        return f"makes {node.name} answer the same to everything"
    return None


def _imports_from(node: ast.ImportFrom, *, in_test: bool) -> str | None:
    if node.level == 0 and node.module and (name := _watched(node.module, in_test)):
        return f"imports {name}"
    names = (f"{node.module}.{each.name}" for each in node.names)
    return next((f"imports {name}" for name in names if name in _NAMES), None)


def _watched(module: str, in_test: bool) -> str | None:
    top = module.split(".", 1)[0]
    return top if top in _MODULES or (top in _TEST_MODULES and not in_test) else None


def _module_level(path: str, tree: ast.Module, added: set[int]) -> Iterator[str]:
    """Skips and ends that take a whole file of tests away."""
    for statement in tree.body:
        if isinstance(statement, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)):
            continue
        for node in ast.walk(statement):
            if getattr(node, "lineno", None) not in added:
                continue
            if isinstance(node, ast.Attribute) and _dotted(node) in _SKIPS:
                yield f"{path}:{node.lineno} skips or ends the tests of a whole module."
            elif isinstance(node, ast.Name) and node.id == "pytestmark":
                yield f"{path}:{node.lineno} marks all tests of a module."


def _dotted(node: ast.Attribute) -> str:
    return f"{node.value.id}.{node.attr}" if isinstance(node.value, ast.Name) else ""


def _constant(node: ast.FunctionDef) -> bool:
    returned = [each for each in ast.walk(node) if isinstance(each, ast.Return)]
    return bool(returned) and all(isinstance(each.value, ast.Constant) for each in returned)
