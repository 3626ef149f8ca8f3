"""Annotations taken away from both sides, where nothing reads them while the program runs."""

import ast
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property

from sigma_core.proposals.verification.structure.control_flow import bound_names
from sigma_core.proposals.verification.syntax import FUNCTIONS

READERS = frozenset(
    {
        "apischema",
        "attr",
        "attrs",
        "beartype",
        "cattr",
        "cattrs",
        "cyclopts",
        "dataclasses",
        "fastapi",
        "injector",
        "inspect",
        "litestar",
        "mashumaro",
        "msgspec",
        "ninja",
        "odmantic",
        "pydantic",
        "pydantic_settings",
        "sqlalchemy",
        "sqlmodel",
        "strawberry",
        "typeguard",
        "typer",
    }
)
"""Packages that read annotations while the program runs: of a module that imports one, nothing is said."""
_READING = frozenset({"__annotations__", "__annotate__", "get_annotations", "get_type_hints", "signature"})
_BLIND = frozenset(
    {
        "abc.abstractmethod",
        "classmethod",
        "contextlib.asynccontextmanager",
        "contextlib.contextmanager",
        "functools.cache",
        "functools.cached_property",
        "functools.lru_cache",
        "property",
        "staticmethod",
        "typing.final",
        "typing.overload",
        "typing.override",
        "typing_extensions.override",
    }
)
"""Decorators that do not read annotations."""
_PLAIN_TYPES = frozenset({"bool", "bytes", "complex", "dict", "float", "int", "list", "object", "set", "str", "tuple"})


@dataclass(frozen=True)
class AnnotatedSlot:
    """A place for an annotation. `is_evaluated` while the program runs."""

    annotation: ast.expr | None
    is_evaluated: bool


def strip_annotations(tree: ast.Module, whole: ast.Module) -> list[AnnotatedSlot]:
    """Take the annotations away, in place; what stood where. `whole` is the module that the tree is of."""
    return _Strip(tree, whole).slots


def annotations_agree(
    old: Sequence[AnnotatedSlot], new: Sequence[AnnotatedSlot], before: ast.Module, after: ast.Module
) -> bool:
    """Whether annotations that differ cannot matter in the modules `before` and `after`.

    A new one must neither be read nor be able to fail where it is evaluated: nothing but plain builtin types, or any
    expression where annotations are not evaluated at all.
    """
    if len(old) != len(new):
        return False
    differing = [(one, other) for one, other in zip(old, new, strict=True) if _dumped(one) != _dumped(other)]
    if not differing:
        return True
    if _is_read(before) or _is_read(after):
        return False
    bound = bound_names(after)
    return all(_is_bare(one) and _is_harmless(other, bound) for one, other in differing)


class _Strip:
    """Takes the annotations away from a tree and keeps them in order."""

    def __init__(self, tree: ast.Module, whole: ast.Module) -> None:
        self.slots: list[AnnotatedSlot] = []
        self._evaluated = not _is_postponed(whole)
        self._whole = whole
        self._below(tree, in_function=False, readable=False)

    @cached_property
    def _names(self) -> dict[str, str]:
        return dict(_imported(self._whole))

    def _below(self, node: ast.AST, *, in_function: bool, readable: bool) -> None:
        """`readable`: a class or decorator around may read what is annotated here."""
        for name, value in ast.iter_fields(node):
            if isinstance(value, list):
                value[:] = [self._stripped(each, in_function=in_function, readable=readable) for each in value]
            elif isinstance(value, ast.AST):
                setattr(node, name, self._stripped(value, in_function=in_function, readable=readable))

    def _stripped(self, node: object, *, in_function: bool, readable: bool) -> object:
        if not isinstance(node, ast.AST):
            return node
        if isinstance(node, FUNCTIONS):
            if all(self._is_blind(each) for each in node.decorator_list):
                self._signature(node)
            self._below(node, in_function=True, readable=False)
            return node
        if isinstance(node, ast.ClassDef):
            read = bool(node.bases or node.keywords or node.decorator_list)
            self._below(node, in_function=False, readable=read)
            return node
        self._below(node, in_function=in_function, readable=readable)
        if isinstance(node, ast.AnnAssign) and not readable:
            return self._assignment(node, in_function=in_function)
        return node

    def _signature(self, node: ast.FunctionDef | ast.AsyncFunctionDef) -> None:
        arguments = node.args
        every = [*arguments.posonlyargs, *arguments.args, *arguments.kwonlyargs]
        for each in [*every, *filter(None, [arguments.vararg, arguments.kwarg])]:
            self.slots.append(AnnotatedSlot(each.annotation, self._evaluated))
            each.annotation = None
        self.slots.append(AnnotatedSlot(node.returns, self._evaluated))
        node.returns = None

    def _assignment(self, node: ast.AnnAssign, *, in_function: bool) -> ast.stmt:
        self.slots.append(AnnotatedSlot(node.annotation, self._evaluated and not in_function))
        if node.value is None or not (node.simple or in_function):
            node.annotation = ast.Constant(None)
            return node
        return ast.Assign([node.target], node.value)

    def _is_blind(self, decorator: ast.expr) -> bool:
        called = decorator.func if isinstance(decorator, ast.Call) else decorator
        if isinstance(called, ast.Attribute) and called.attr in ("setter", "deleter", "getter"):
            return isinstance(called.value, ast.Name)
        return self._full_name(called) in _BLIND

    def _full_name(self, node: ast.expr) -> str:
        if isinstance(node, ast.Attribute):
            return f"{self._full_name(node.value)}.{node.attr}"
        return self._names.get(node.id, node.id) if isinstance(node, ast.Name) else ""


def _is_read(tree: ast.Module) -> bool:
    """Whether something in the module may ask for annotations."""
    for node in ast.walk(tree):
        names: list[str] = []
        if isinstance(node, ast.Import):
            names = [each.name for each in node.names]
        elif isinstance(node, ast.ImportFrom):
            names = [node.module or "", *(each.name for each in node.names)]
        elif isinstance(node, ast.Attribute):
            names = [node.attr]
        elif isinstance(node, ast.Name):
            names = [node.id]
        elif isinstance(node, ast.Constant) and isinstance(node.value, str):
            names = [node.value]
        imports = isinstance(node, (ast.Import, ast.ImportFrom))
        if not _READING.isdisjoint(names) or (imports and any(each.split(".")[0] in READERS for each in names)):
            return True
    return False


def _imported(tree: ast.Module) -> Iterator[tuple[str, str]]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from ((each.asname, each.name) for each in node.names if each.asname)
        elif isinstance(node, ast.ImportFrom) and not node.level:
            yield from ((each.asname or each.name, f"{node.module}.{each.name}") for each in node.names)


def _is_postponed(tree: ast.Module) -> bool:
    return any(
        isinstance(node, ast.ImportFrom) and node.module == "__future__" and each.name == "annotations"
        for node in tree.body
        for each in getattr(node, "names", ())
    )


def _dumped(slot: AnnotatedSlot) -> str:
    return ast.dump(slot.annotation) if slot.annotation is not None else ""


def _is_bare(slot: AnnotatedSlot) -> bool:
    """Whether to evaluate it had no effect that could be missed."""
    return slot.annotation is None or not any(
        isinstance(node, (ast.Call, ast.NamedExpr, ast.Await, ast.Yield, ast.YieldFrom))
        for node in ast.walk(slot.annotation)
    )


def _is_harmless(slot: AnnotatedSlot, bound: frozenset[str]) -> bool:
    node = slot.annotation
    if node is None or not slot.is_evaluated or isinstance(node, ast.Constant):
        return True
    return isinstance(node, ast.Name) and node.id in _PLAIN_TYPES - bound
