"""What the names of a module stand for, as far as its own text tells: imports, aliases and constant look-ups."""

import ast
import builtins
from collections.abc import Iterator, Sequence

_ROUNDS = 4
_KNOWN_TO_ALL = {
    "sys",
    "os",
    "gc",
    "ctypes",
    "builtins",
    "threading",
    "inspect",
    "importlib",
    "signal",
    "atexit",
    "_pytest",
    "pytest",
    "unittest",
    "coverage",
    "pluggy",
    "sigma_probe",
}


class Names:
    """Dotted paths of the expressions of one module. Scopes are not told apart: a name means all it may mean."""

    def __init__(self, nodes: Sequence[ast.AST]) -> None:
        self._paths: dict[str, str] = {}
        self._bound = {name for node in nodes for name in _bound(node)}
        self.modules: set[str] = set()
        """Names that surely are modules."""
        for node in nodes:
            if isinstance(node, (ast.Import, ast.ImportFrom)):
                self._import(node)
        named = [pair for node in nodes for pair in _named(node)]
        for _ in range(_ROUNDS):
            known = len(self._paths)
            for name, value in named:
                if name not in self._paths and (path := self._path(value)):
                    self._paths[name] = path
            if len(self._paths) == known:
                break

    def path(self, node: ast.AST) -> str | None:
        """``sys.modules`` for whatever stands for that here; None where it cannot be told."""
        found = self._path(node)
        return None if found is None else _shortened(found)

    def imported(self, node: ast.AST) -> str | None:
        """The path of something that comes from another module."""
        path = self.path(node)
        root = node
        while isinstance(root, (ast.Attribute, ast.Subscript, ast.Call)):
            root = root.func if isinstance(root, ast.Call) else root.value
        return path if path is not None and isinstance(root, ast.Name) else None

    def _import(self, node: ast.Import | ast.ImportFrom) -> None:
        if isinstance(node, ast.Import):
            for each in node.names:
                name = each.asname or each.name.split(".", 1)[0]
                self._paths[name] = each.name if each.asname else name
                self.modules.add(name)
        else:
            origin = "." * node.level + (node.module or "")
            self._paths |= {each.asname or each.name: f"{origin}.{each.name}" for each in node.names}

    def _path(self, node: ast.AST) -> str | None:
        if isinstance(node, ast.Name):
            return self._paths.get(node.id) or self._builtin(node.id)
        if isinstance(node, ast.Attribute):
            base = self._path(node.value)
            return None if base is None else f"{base}.{node.attr}"
        if isinstance(node, ast.Call):
            return self._called(node)
        if isinstance(node, ast.Subscript) and (key := constant(node.slice)) is not None:
            base = self._path(node.value)
            if base is not None and _shortened(base) == "sys.modules":
                return key
            return f"{base.removesuffix('.__dict__')}.{key}" if base and base.endswith(".__dict__") else None
        return None

    def _called(self, node: ast.Call) -> str | None:
        """A look-up written as a call."""
        what = self._path(node.func)
        what = None if what is None else _shortened(what)
        if what == "builtins.getattr" and len(node.args) > 1 and (name := constant(node.args[1])):
            base = self._path(node.args[0])
            return None if base is None else f"{base}.{name}"
        if what in ("importlib.import_module", "builtins.__import__") and node.args:
            return constant(node.args[0])
        if what == "builtins.vars" and node.args and (base := self._path(node.args[0])):
            return f"{base}.__dict__"
        return None

    def _builtin(self, name: str) -> str | None:
        if name == "__builtins__":
            return "builtins"
        return f"builtins.{name}" if hasattr(builtins, name) and name not in self._bound else None


def constant(node: ast.AST) -> str | None:
    """The text of an expression that is made of constant text only."""
    if isinstance(node, ast.Constant):
        return node.value if isinstance(node.value, str) else None
    if isinstance(node, ast.BinOp) and isinstance(node.op, ast.Add):
        parts = [constant(node.left), constant(node.right)]
    elif isinstance(node, ast.JoinedStr):
        parts = [constant(each.value if isinstance(each, ast.FormattedValue) else each) for each in node.values]
    elif _joins(node):
        separator, (items,) = constant(node.func.value), node.args  # type: ignore[attr-defined]
        whole = [constant(each) for each in items.elts]
        return separator.join(map(str, whole)) if separator is not None and None not in whole else None
    else:
        return None
    return None if None in parts else "".join(map(str, parts))


def _joins(node: ast.AST) -> bool:
    return (
        isinstance(node, ast.Call)
        and isinstance(node.func, ast.Attribute)
        and node.func.attr == "join"
        and len(node.args) == 1
        and isinstance(node.args[0], (ast.List, ast.Tuple))
    )


def _shortened(path: str) -> str:
    """``json.codecs.sys.modules`` is ``sys.modules``: modules of Python are the same wherever they are reached."""
    parts = path.lstrip(".").split(".")
    starts = [number for number, part in enumerate(parts) if part in _KNOWN_TO_ALL and number > 0]
    return ".".join(parts[starts[-1] :]) if starts else path


def _named(node: ast.AST) -> Iterator[tuple[str, ast.expr]]:
    """Names that an assignment makes another word for something."""
    if isinstance(node, ast.Assign) and len(node.targets) == 1:
        target, value = node.targets[0], node.value
    elif isinstance(node, (ast.NamedExpr, ast.AnnAssign)) and node.value is not None:
        target, value = node.target, node.value
    else:
        return
    pairs = [(target, value)]
    if isinstance(target, ast.Tuple) and isinstance(value, ast.Tuple) and len(target.elts) == len(value.elts):
        pairs = list(zip(target.elts, value.elts, strict=True))
    yield from ((name.id, what) for name, what in pairs if isinstance(name, ast.Name))


def _bound(node: ast.AST) -> Iterator[str]:
    if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store):
        yield node.id
    elif isinstance(node, ast.arg):
        yield node.arg
    elif isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)):
        yield node.name


def dotted(node: ast.Attribute) -> str:
    """``module.name`` as it is written."""
    return f"{node.value.id}.{node.attr}" if isinstance(node.value, ast.Name) else ""
