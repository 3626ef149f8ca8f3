"""Reads a Python file for what it says by itself. Nothing is run, and no other file is looked at."""

import ast
import builtins
import re
from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import Any

from sigma_core.codebase.module_source import Binding, CallSite, CodeDefinition, ModuleSource, Reference, Root
from sigma_core.codebase.scopes import Function, Scope, dotted
from sigma_core.garbage import collecting_later
from sigma_core.parsing import syntax_tree

MOST_BYTES = 4_000_000
"""Larger files are generated ones; they are left out."""
BUILTINS = frozenset(dir(builtins))
_SENTENCE = re.compile(r".+?(?:[.!?](?=\s)|$)")


def parse(source: bytes) -> ModuleSource | None:
    """What a file says; None where it is no Python that can be read, or larger than `MOST_BYTES`."""
    with collecting_later():
        tree = parsed(source)
        try:
            return None if tree is None else _Reader(tree).read()
        except (ValueError, RecursionError, MemoryError):
            return None


def parsed(source: bytes) -> ast.Module | None:
    """Its syntax; None where it is no Python that can be read, or larger than `MOST_BYTES`."""
    if len(source) > MOST_BYTES:
        return None
    try:
        return syntax_tree(source)
    except SyntaxError:
        return None


class _Reader:
    """Goes through a file once, then tells what its calls mean."""

    def __init__(self, tree: ast.Module) -> None:
        self._tree = tree
        self._definitions: dict[str, CodeDefinition] = {}
        self._classes: list[tuple[ast.ClassDef, Scope, str]] = []
        self._bindings: dict[Binding, None] = {}
        self._scopes: list[Scope] = []

    def read(self) -> ModuleSource:
        self._gather(Scope(self._tree, "", None))
        self._imported = {each.name.partition(".")[0] for each in self._bindings if each.member != "*"}
        for made, around, name in self._classes:
            if self._definitions[name].line == made.lineno:
                bases = tuple(base for each in made.bases if (base := self._named(each, around)))
                self._definitions[name] = replace(self._definitions[name], bases=bases)
        calls, unknown = dict[CallSite, None](), 0
        for scope in self._scopes:
            for node in scope.calls:
                callee = self._callee(node.func, scope)
                if callee is not None:
                    calls[CallSite(scope.caller, callee)] = None
                else:
                    unknown += not _is_builtin(node.func, scope)
        return ModuleSource(
            definitions=tuple(self._definitions.values()),
            bindings=tuple(self._bindings),
            calls=tuple(calls),
            calls_unknown=unknown,
            summary=_summary(self._tree),
        )

    def _gather(self, module: Scope) -> None:
        """Scopes with what they bind and call, definitions and imports; in the order of the file, without recursion."""
        self._scopes.append(module)
        waiting: list[tuple[ast.AST, Scope]] = [(each, module) for each in reversed(self._tree.body)]
        while waiting:
            node, scope = waiting.pop()
            kind = type(node)
            if kind is ast.Call:
                scope.calls.append(node)  # type: ignore[arg-type]
            elif kind in _BINDING:
                scope.note(node)
            elif kind in _OPENING:
                inner = self._entered(node, scope)
                waiting.extend((each, inner if within else scope) for each, within in reversed(_parts(node)))
                continue
            elif isinstance(node, ast.Import | ast.ImportFrom):
                self._bindings |= dict.fromkeys(_imports(node))
                continue
            waiting.extend((each, scope) for each in reversed(_children(node)))

    def _entered(self, node: ast.AST, around: Scope) -> Scope:
        if isinstance(node, Function | ast.ClassDef):
            name = f"{around.name}.{node.name}" if around.name else node.name
            kind = "class" if isinstance(node, ast.ClassDef) else "function"
            lines = (node.lineno, node.end_lineno or node.lineno)
            made = CodeDefinition(name, kind, *lines, _summary(node), parameters=_parameters(node))
            self._definitions.setdefault(name, made)
            # A decorator is called where it stands, with parentheses or without
            around.calls += [ast.Call(each, [], []) for each in node.decorator_list if not isinstance(each, ast.Call)]
            if isinstance(node, ast.ClassDef):
                self._classes.append((node, around, name))
            inner = Scope(node, name, around, around.name if isinstance(around.node, ast.ClassDef) else "")
        else:
            inner = Scope(node, around.caller, around)
        self._scopes.append(inner)
        return inner

    def _callee(self, node: ast.expr, scope: Scope) -> Reference | None:
        if isinstance(node, ast.Attribute) and (made := self._object(node.value, scope)) is not None:
            return replace(made, attribute=node.attr)
        return self._named(node, scope)

    def _object(self, node: ast.expr, scope: Scope) -> Reference | None:
        """The class of an object, where the file says it."""
        if isinstance(node, ast.Call):
            if isinstance(node.func, ast.Name) and node.func.id == "super":
                owner = next((each.owner for each in scope.visible() if each.owner), "")
                return Reference(Root.SUPER, owner) if owner else None
            return _instance(self._named(node.func, scope))
        if not isinstance(node, ast.Name):
            return None
        for each in scope.visible():
            if node.id == each.self_name and each.stores[node.id] == 1:
                return Reference(Root.SELF, each.owner)
            if each.binds(node.id):
                made = each.class_of(node.id)
                return None if made is None else _instance(self._named(made, each))
        return None

    def _named(self, node: ast.expr, scope: Scope) -> Reference | None:
        """What a dotted name stands for: a definition of this file, or something imported."""
        full = dotted(node)
        if full is None:
            return None
        head, _, rest = full.partition(".")
        for each in scope.visible():
            inner = f"{each.name}.{head}" if each.name else head
            if inner in self._definitions and not isinstance(each.node, _ANONYMOUS):
                return Reference(Root.LOCAL, f"{inner}.{rest}" if rest else inner)
            if each.binds(head):
                return None
        return Reference(Root.IMPORT, full) if head in self._imported else None


_ANONYMOUS = ast.Lambda | ast.ListComp | ast.SetComp | ast.DictComp | ast.GeneratorExp
_OPENING = frozenset(
    (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef, ast.Lambda, ast.ListComp, ast.SetComp, ast.DictComp)
) | {ast.GeneratorExp}
_BINDING = frozenset(
    (ast.Name, ast.ExceptHandler, ast.MatchAs, ast.MatchStar, ast.Global, ast.Nonlocal, ast.Assign, ast.AnnAssign)
)
_NODES = frozenset(each for each in vars(ast).values() if isinstance(each, type) and issubclass(each, ast.AST))
_QUIET = (ast.expr_context, ast.operator, ast.boolop, ast.unaryop, ast.cmpop, ast.type_ignore, ast.arguments)
_LEAVES = frozenset(
    each for each in _NODES if issubclass(each, (*_QUIET, ast.Constant, ast.Pass, ast.Break, ast.Continue))
)
_SAYING = _NODES - _LEAVES
_THROUGH = {
    ast.Attribute: "value",
    ast.keyword: "value",
    ast.Starred: "value",
    ast.Expr: "value",
    ast.Return: "value",
    ast.UnaryOp: "operand",
}
"""Nodes that say nothing themselves and have one below them."""
_PLAIN = frozenset(
    ("ctx", "op", "ops", "id", "attr", "lineno", "type_comment", "level", "asname", "simple", "is_async")
)
_FIELDS = {each: tuple(name for name in each._fields if name not in _PLAIN) for each in _NODES}


def _children(node: ast.AST, fields: Sequence[str] | None = None) -> list[ast.AST]:
    """Nodes below one, in all or in some of its fields, without those that say nothing here: names that are only read,
    constants, operators, and what has but one node below it.

    It is called for every node of a tree: kinds are told by tables, not by `isinstance`.
    """
    found = list[ast.AST]()
    for name in fields or _FIELDS[type(node)]:
        value = getattr(node, name, None)
        for below in value if type(value) is list else (value,):
            each: Any = below
            kind = type(each)
            while kind in _THROUGH:
                each = getattr(each, _THROUGH[kind])
                kind = type(each)
            if kind in _SAYING and (kind is not ast.Name or type(each.ctx) is not ast.Load):
                found.append(each)
    return found


def _parts(node: ast.AST) -> list[tuple[ast.AST, bool]]:
    """What is below a node that opens a scope, and whether it is within: decorators, defaults and bases are not."""
    if isinstance(node, Function | ast.ClassDef):
        parts = [(each, name == "body") for name in _FIELDS[type(node)] for each in _children(node, (name,))]
    else:
        parts = [(each, True) for each in _children(node)]
    if isinstance(node, Function | ast.Lambda):
        defaults = (*node.args.defaults, *filter(None, node.args.kw_defaults))
        parts = [*((each, False) for each in defaults if type(each) not in _LEAVES), *parts]
    return parts


def _is_builtin(node: ast.expr, scope: Scope) -> bool:
    return (
        isinstance(node, ast.Name) and node.id in BUILTINS and not any(each.binds(node.id) for each in scope.visible())
    )


def _imports(node: ast.Import | ast.ImportFrom) -> Iterator[Binding]:
    for alias in node.names:
        if isinstance(node, ast.ImportFrom):
            yield Binding(alias.asname or alias.name, node.module or "", node.level, alias.name)
        elif alias.asname:
            yield Binding(alias.asname, alias.name, 0, None)
        else:
            # `import a.b` binds `a`, and makes `b` an attribute of it
            yield Binding(alias.name.partition(".")[0], alias.name.partition(".")[0], 0, None)
            if "." in alias.name:
                yield Binding(alias.name, alias.name, 0, None)


def _summary(node: ast.Module | ast.ClassDef | Function) -> str:
    """The first sentence of its docstring: up to a full stop, or the end of the paragraph."""
    paragraph = " ".join((ast.get_docstring(node) or "").strip().partition("\n\n")[0].split())
    sentence = _SENTENCE.match(paragraph)
    return sentence[0][:400] if sentence else ""


def _parameters(node: ast.ClassDef | Function) -> tuple[str, ...]:
    if isinstance(node, ast.ClassDef):
        return ()
    given = [*node.args.posonlyargs, *node.args.args, *node.args.kwonlyargs]
    return tuple(each.arg for each in given if each.arg not in {"self", "cls"})


def _instance(made: Reference | None) -> Reference | None:
    if made is None:
        return None
    return Reference(Root.IMPORTED_INSTANCE if made.root is Root.IMPORT else Root.INSTANCE, made.name)
