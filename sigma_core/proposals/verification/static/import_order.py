"""Modules of the project that act on the same thing when they are imported, and come in another order. Nothing runs."""

import ast
import builtins
from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import combinations

from sigma_core.proposals.verification.patch import ChangedFile
from sigma_core.proposals.verification.static.api import module_name
from sigma_core.proposals.verification.static.modules import Modules, absolute, dotted
from sigma_core.proposals.verification.syntax import DEFINITIONS, Unreadable, blocks, parse

_ANYTHING = "?"
"""What a function of the module's own acts on."""


class ImportOrder:
    """What happens when the modules of a tree are imported: read once for all changes."""

    def __init__(self, modules: Modules) -> None:
        self._modules = modules
        self._files: dict[str, str | None] = {}
        self._loaded: dict[str, Sequence[str]] = {}
        self._acts: dict[str, frozenset[str]] = {}

    def swapped(self, file: ChangedFile) -> Iterator[str]:
        """A sentence for the first two that act on the same and that the change makes load in another order."""
        if not file.is_python or file.before is None or file.after is None:
            return
        try:
            before, after = (list(_imported(parse(text), file.path)) for text in (file.before, file.after))
        except Unreadable:
            return
        if before == after:
            return
        then, now = self._order(before, file.old_path), self._order(after, file.old_path)
        for one, two in combinations(then, 2):
            if one in now and two in now and now[one] > now[two] and self._meet(one, two):
                yield (
                    f"{file.path}:{file.first_line} comes to import {module_name(two)} before {module_name(one)}, "
                    "and both do something when they are imported."
                )
                return

    def _meet(self, one: str, two: str) -> bool:
        return bool(self._acts[one] & self._acts[two]) or _ANYTHING in self._acts[one] | self._acts[two]

    def _order(self, imported: Sequence[str], path: str) -> Mapping[str, int]:
        """The files that act when they are loaded, with their places: each comes after those that it imports itself."""
        acting: dict[str, int] = {}
        seen, entered = {path}, [path]
        due = [iter(self._files_of(imported))]
        while due:
            file = next(due[-1], None)
            if file is None:
                due.pop()
                done = entered.pop()
                if due and self._acts_of(done):
                    acting[done] = len(acting)
            elif file not in seen:
                seen.add(file)
                entered.append(file)
                due.append(iter(self._loads(file)))
        return acting

    def _loads(self, path: str) -> Sequence[str]:
        if path not in self._loaded:
            self._loaded[path] = self._files_of(_imported(_tree(self._modules.texts[path]), path))
        return self._loaded[path]

    def _files_of(self, imported: Iterable[str]) -> list[str]:
        """A package before its modules."""
        found = (self._file(each) for name in imported for each in reversed(list(_beginnings(name))))
        return list(dict.fromkeys(filter(None, found)))

    def _acts_of(self, path: str) -> frozenset[str]:
        if path not in self._acts:
            self._acts[path] = frozenset(self._touched(_tree(self._modules.texts[path]), path))
        return self._acts[path]

    def _touched(self, tree: ast.Module, path: str) -> Iterator[str]:
        """Files of the project and packages whose state loading the module may change."""
        statements = list(_statements(tree))
        taken = dict(_names_taken(statements, path))
        own = {each.name for each in statements if isinstance(each, DEFINITIONS)}
        for statement, expression in ((each, acting) for each in statements for acting in _acting(each)):
            whole = dotted(_root(expression))
            name = next((each for each in _beginnings(whole) if each in taken), None)
            if name is not None:
                module = taken[name] + whole.removeprefix(name)
                file = next(filter(None, map(self._file, _beginnings(module))), None)
                # What a decorator of a library does ends with the definition
                if file or not isinstance(statement, DEFINITIONS):
                    yield file or module.partition(".")[0]
            elif whole in own and not isinstance(statement, DEFINITIONS):
                yield _ANYTHING
            elif hasattr(builtins, whole):
                yield whole

    def _file(self, module: str) -> str | None:
        if module not in self._files:
            self._files[module] = self._modules.file_of(module)
        return self._files[module]


def _tree(text: str) -> ast.Module:
    try:
        return parse(text)
    except Unreadable:
        return ast.Module([], [])


def _statements(node: ast.AST) -> Iterator[ast.AST]:
    """What runs when a module is loaded, in order: not what it does as a script, nor what only type checkers read."""
    for each in blocks(node):
        if isinstance(each, ast.If) and _is_left_out(each.test):
            yield from _statements(ast.Module(each.orelse, []))
        else:
            yield each
            if not isinstance(each, DEFINITIONS):
                yield from _statements(each)


def _is_left_out(test: ast.expr) -> bool:
    if isinstance(test, ast.Compare):
        return dotted(test.left) == "__name__"
    return dotted(test).endswith("TYPE_CHECKING")


def _imported(tree: ast.Module, path: str) -> Iterator[str]:
    """Names of modules, and of what may be modules, as loading the file asks for them."""
    return (full for _, full in _names_taken(_statements(tree), path))


def _names_taken(statements: Iterable[ast.AST], path: str) -> Iterator[tuple[str, str]]:
    """Each name that an import gives, and what it stands for."""
    for each in statements:
        if isinstance(each, ast.Import):
            yield from ((alias.asname or alias.name, alias.name) for alias in each.names)
        elif isinstance(each, ast.ImportFrom):
            module = absolute(each, path)
            yield from ((alias.asname or alias.name, f"{module}.{alias.name}") for alias in each.names)


def _acting(statement: ast.AST) -> Iterator[ast.expr]:
    """Expressions that name what a statement may change."""
    if isinstance(statement, DEFINITIONS):
        yield from statement.decorator_list
    elif isinstance(statement, ast.Expr) and isinstance(statement.value, (ast.Call, ast.Await)):
        yield statement.value
    elif isinstance(statement, (ast.With, ast.AsyncWith)):
        yield from (item.context_expr for item in statement.items)
    elif isinstance(statement, (ast.Assign, ast.Delete)):
        yield from (each for each in statement.targets if isinstance(each, (ast.Attribute, ast.Subscript)))
    elif isinstance(statement, ast.AugAssign) and isinstance(statement.target, (ast.Attribute, ast.Subscript)):
        yield statement.target


def _root(node: ast.expr) -> ast.expr:
    """The chain of names that an expression begins with."""
    while not (name := dotted(node)):
        inner = getattr(node, "func", None) or getattr(node, "value", None)
        if not isinstance(inner, ast.expr):
            break
        node = inner
    return node if name else ast.Name("")


def _beginnings(name: str) -> Iterator[str]:
    """A dotted name, and each shorter one that it begins with."""
    while name:
        yield name
        name = name.rpartition(".")[0]
