"""Ways to the machinery that reports the evidence, by what an expression stands for and not by how it is spelled."""

import ast
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache

from sigma_core.proposals.verification.guard import watched
from sigma_core.proposals.verification.guard.equality import COMPARISONS, says_yes, unasked
from sigma_core.proposals.verification.guard.names import Names, constant
from sigma_core.proposals.verification.guard.ownership import Ownership
from sigma_core.proposals.verification.guard.watched import Way
from sigma_core.proposals.verification.syntax import FUNCTIONS, docstring, nodes_of

_KEPT = 256

Found = Iterator[tuple[str, Way]]


@dataclass(frozen=True)
class MachineryUse:
    """One place that reaches for something."""

    line: int
    what: str
    way: Way


@lru_cache(maxsize=_KEPT)
def reaches(text: str, *, in_test: bool) -> tuple[MachineryUse, ...]:
    """Everything in a module that reaches for the machinery, in order, each once a line. Raises `Unreadable`."""
    nodes = nodes_of(text)
    looking = _Looking(nodes, in_test=in_test)
    found = {(getattr(node, "lineno", 0), what): way for node in nodes for what, way in looking.at(node)}
    return tuple(MachineryUse(line, what, way) for (line, what), way in sorted(found.items()))


class _Looking:
    """One module, looked at node by node."""

    def __init__(self, nodes: Sequence[ast.AST], *, in_test: bool) -> None:
        self._names = Names(nodes)
        self._owners = Ownership(self._names)
        self._in_test = in_test
        self._paths = {**watched.PATHS, **({} if in_test else dict.fromkeys(watched.NOT_IN_CODE, Way.RUNNER))}
        calls = [node for node in nodes if isinstance(node, ast.Call)]
        self._texts = {id(own.value) for node in nodes if isinstance(own := docstring(node), ast.Expr)}
        self._called = {id(node.func) for node in calls}
        self._handed = {
            id(each)
            for node in calls
            if self._names.path(node.func) not in watched.LOOKING_ONLY
            for each in (*node.args, *(keyword.value for keyword in node.keywords))
        }
        self._opened = {name for node in nodes for name in self._opening(node)}
        self._numbers = {name for node in nodes for name in _counted(node)}
        self._worked_out = {name: path for node in nodes for name, path in self._from_elsewhere(node)}

    def at(self, node: ast.AST) -> Found:
        """What one node reaches."""
        yield from self._own(node)
        if not self._in_test:
            yield from self._conditions(node)
        if isinstance(node, (ast.Constant, ast.BinOp, ast.JoinedStr, ast.Call)):
            yield from self._text(node)
        if isinstance(node, (*FUNCTIONS, ast.Assign)):
            if name := says_yes(node):
                yield f"makes {name} answer the same to everything", Way.RUNNER
            elif not self._in_test and (name := unasked(node)):
                yield f"decides in {name} what it equals, whatever that is", Way.RUNNER
        yield from self._owners.written(node)

    def _own(self, node: ast.AST) -> Found:
        match node:
            case ast.Import():
                yield from self._imports(node)
            case ast.ImportFrom():
                yield from self._imports_from(node)
            case ast.Attribute():
                yield from self._attribute(node)
            case ast.Name():
                yield from self._name(node)
            case ast.Subscript():
                yield from self._subscript(node)
            case ast.Compare():
                yield from self._compare(node)
            case ast.Call():
                yield from self._call(node)
            case ast.FunctionDef(name=name) if name.startswith("pytest_"):
                yield f"defines the hook {name}", Way.RUNNER

    def _imports(self, node: ast.Import) -> Found:
        for each in node.names:
            yield from self._paths_reached(each.name, "imports")

    def _imports_from(self, node: ast.ImportFrom) -> Found:
        for each in node.names if not node.level else ():
            yield from self._paths_reached(f"{node.module}.{each.name}", "imports")

    def _attribute(self, node: ast.Attribute) -> Found:
        base = self._names.path(node.value)
        # A module that is imported by its name is told where it is imported
        path = self._names.path(node)
        known = isinstance(node.value, ast.Name) and base == node.value.id and base in self._paths
        if known and path not in self._paths:
            return
        found = list(self._paths_reached(path, "uses"))
        yield from found
        if not found and node.attr in watched.ATTRIBUTES:
            yield f"uses {node.attr}", watched.ATTRIBUTES[node.attr]

    def _name(self, node: ast.Name) -> Found:
        path = self._names.path(node)
        if node.id in ("__loader__", "__builtins__"):
            yield f"uses {node.id}", Way.IMPORTS
        elif node.id in self._names.modules and id(node) in self._handed:
            yield f"hands the module {path} on", Way.OTHERS
        elif path in watched.HANDED and id(node) not in self._called:
            yield f"hands {path.removeprefix('builtins.')} on", Way.TEXT

    def _subscript(self, node: ast.Subscript) -> Found:
        yield from self._paths_reached(self._names.path(node), "uses")
        own_name = isinstance(node.slice, ast.Constant) and node.slice.value == 0
        if own_name and self._names.path(node.value) == "sys.argv" and not self._in_test:
            yield "looks at sys.argv to see how it was started", Way.SNIFFING

    def _compare(self, node: ast.Compare) -> Found:
        for side in (node.left, *node.comparators):
            if self._names.path(side) in ("sys.argv", "sys.orig_argv") and not self._in_test:
                yield "looks at sys.argv to see how it was started", Way.SNIFFING

    def _conditions(self, node: ast.AST) -> Found:
        """What is decided by something that is otherwise where the tests do not run."""
        for each in (part for condition in _deciding(node) for part in ast.walk(condition)):
            if (what := self._elsewhere(each)) is not None:
                yield f"decides by {what}, which is otherwise elsewhere", Way.ELSEWHERE

    def _elsewhere(self, node: ast.AST) -> str | None:
        path = self._names.path(node)
        if path in watched.ELSEWHERE:
            return path
        return self._worked_out.get(node.id) if isinstance(node, ast.Name) else None

    def _from_elsewhere(self, node: ast.AST) -> Iterator[tuple[str, str]]:
        """Names of what was worked out from it."""
        if isinstance(node, ast.Assign):
            found = (path for each in ast.walk(node.value) if (path := self._names.path(each)) in watched.ELSEWHERE)
            if (path := next(found, None)) is not None:
                yield from ((each.id, path) for each in node.targets if isinstance(each, ast.Name))

    def _call(self, node: ast.Call) -> Found:
        path = self._names.path(node.func)
        if path is not None and path in watched.CALLS:
            yield f"calls {path.removeprefix('builtins.')}()", watched.CALLS[path]
        elif path == "importlib.import_module" and (not node.args or constant(node.args[0]) is None):
            yield "imports a module by a computed name", Way.IMPORTS
        elif path == "builtins.getattr" and len(node.args) > 1 and constant(node.args[1]) is None:
            base = self._names.path(node.args[0])
            if base is not None and (base in watched.COMPUTED or self._entry(base)):
                yield f"looks up a computed name in {base}", Way.INTERPRETER
        elif path in watched.TAKES_DESCRIPTOR and node.args and not self._is_opened(node.args[0]):
            yield f"uses {path} on a descriptor it did not open", Way.PROCESS
        elif path == "builtins.open" and node.args and self._is_number(node.args[0]):
            yield "opens a descriptor by its number", Way.PROCESS
        elif path == "socket.socket" and any(keyword.arg == "fileno" for keyword in node.keywords):
            yield "makes a socket of a descriptor", Way.PROCESS
        elif _reads_itself(node, path):
            yield "reads its own text", Way.INTERPRETER
        yield from self._paths_reached(self._names.path(node), "uses")

    def _text(self, node: ast.expr) -> Found:
        text = None if id(node) in self._texts else constant(node)
        if text is None:
            return
        named = next((part for part in text.split(".") if part in watched.ATTRIBUTES), None)
        if named is not None:
            yield f"names {named}", watched.ATTRIBUTES[named]
        elif place := watched.PLACES.search(text):
            yield f"names {place[0]}", Way.PROCESS
        elif not self._in_test and text in COMPARISONS:
            yield f"names {text}", Way.RUNNER
        elif not self._in_test and watched.SNIFFED.fullmatch(text):
            yield f"asks for {text}, so whether it is under test", Way.SNIFFING

    def _paths_reached(self, path: str | None, verb: str) -> Found:
        if path is not None and (entry := self._entry(path)):
            yield f"{verb} {entry}", self._paths[entry]

    def _entry(self, path: str) -> str | None:
        """The entry of the table that a path is or lies below."""
        while path and path not in self._paths:
            path = path.rpartition(".")[0]
        return path or None

    def _opening(self, node: ast.AST) -> Iterator[str]:
        if isinstance(node, ast.Assign) and isinstance(node.value, ast.Call):
            called = node.value.func
            own = isinstance(called, ast.Attribute) and called.attr == "fileno"
            if own or self._names.path(called) in watched.OPENERS:
                names = (each for target in node.targets for each in ast.walk(target))
                yield from (each.id for each in names if isinstance(each, ast.Name))

    def _is_number(self, node: ast.expr) -> bool:
        if isinstance(node, ast.Name):
            return node.id in self._numbers
        return isinstance(node, ast.Constant) and isinstance(node.value, int)

    def _is_opened(self, node: ast.expr) -> bool:
        if isinstance(node, ast.Name):
            return node.id in self._opened
        asked = isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr == "fileno"
        return asked or isinstance(node, (ast.Subscript, ast.Attribute))


def _deciding(node: ast.AST) -> Sequence[ast.expr]:
    """Expressions that decide what else is done."""
    match node:
        case ast.Compare(left=left, comparators=others):
            return [left, *others]
        case ast.If(test=test) | ast.IfExp(test=test) | ast.While(test=test):
            return [test]
        case ast.BoolOp(values=values):
            return values
    return []


def _counted(node: ast.AST) -> Iterator[str]:
    """Names that go through a range of numbers."""
    match node:
        case (
            ast.For(target=ast.Name(id=name), iter=ast.Call(func=ast.Name(id="range")))
            | ast.comprehension(target=ast.Name(id=name), iter=ast.Call(func=ast.Name(id="range")))
        ):
            yield name


def _reads_itself(node: ast.Call, path: str | None) -> bool:
    if path == "builtins.open":
        return bool(node.args) and _is_own_file(node.args[0])
    called = node.func
    if not isinstance(called, ast.Attribute) or called.attr not in ("read_text", "read_bytes", "open", "stat"):
        return False
    return isinstance(called.value, ast.Call) and any(map(_is_own_file, called.value.args))


def _is_own_file(node: ast.expr) -> bool:
    return isinstance(node, ast.Name) and node.id == "__file__"
