"""What happens outside a module when it is imported. Nothing runs."""

import ast
import builtins
from collections.abc import Iterable, Iterator, Mapping

from sigma_core.proposals.verification.static.modules import Modules, absolute, dotted
from sigma_core.proposals.verification.syntax import DEFINITIONS, Unreadable, blocks, parse

_ANYTHING = "?"
"""What a function of the module's own acts on, and a file that cannot be read."""
_HARMLESS_DECORATORS = frozenset(
    {
        "abstractmethod",
        "cache",
        "cached_property",
        "classmethod",
        "contextmanager",
        "asynccontextmanager",
        "dataclass",
        "final",
        "lru_cache",
        "overload",
        "override",
        "property",
        "runtime_checkable",
        "singledispatch",
        "staticmethod",
        "total_ordering",
        "unique",
        "wraps",
    }
)
"""What they do ends with the definition they stand at."""


class ImportEffects:
    """What each module of a tree acts on when it is loaded: read once for all changes."""

    def __init__(self, modules: Modules) -> None:
        self._modules = modules
        self._files: dict[str, str | None] = {}
        self._acts: dict[str, frozenset[str]] = {}

    def of(self, path: str) -> frozenset[str]:
        """Files of the project and packages whose state loading the file at `path` may change, and names of its own
        that tell somebody of it; empty where it only defines things."""
        if path not in self._acts:
            try:
                self._acts[path] = frozenset(self._touched(parse(self._modules.texts[path]), path))
            except Unreadable:
                self._acts[path] = frozenset({_ANYTHING})
        return self._acts[path]

    def meet(self, one: str, two: str) -> bool:
        """Whether two files may act on the same."""
        return bool(self.of(one) & self.of(two)) or _ANYTHING in self.of(one) | self.of(two)

    def file(self, module: str) -> str | None:
        """The file that an import of this name may load."""
        if module not in self._files:
            self._files[module] = self._modules.file_of(module)
        return self._files[module]

    def _touched(self, tree: ast.Module, path: str) -> Iterator[str]:
        statements = list(statements_run(tree))
        taken = dict(names_taken(statements, path))
        own = {each.name for each in statements if isinstance(each, DEFINITIONS)}
        made = _made(statements)
        for statement, expression in ((each, acting) for each in statements for acting in _acting(each)):
            whole = dotted(_root(expression))
            first, _, rest = whole.partition(".")
            if first in made and first not in taken:
                whole = f"{made[first]}.{rest}" if rest else made[first]
            name = next((each for each in beginnings(whole) if each in taken), None)
            if name is not None:
                module = taken[name] + whole.removeprefix(name)
                file = next(filter(None, map(self.file, beginnings(module))), None)
                alone = isinstance(statement, DEFINITIONS) or first in made
                if file or not alone:
                    yield file or module.partition(".")[0]
                elif not isinstance(statement, DEFINITIONS) or module.rpartition(".")[2] not in _HARMLESS_DECORATORS:
                    # A library may come to know of it, which no other module's doing changes
                    yield f"{path}:{first}"
            elif first in own and isinstance(statement, ast.Expr):
                yield _ANYTHING
            elif hasattr(builtins, whole) and first not in made and not isinstance(statement, DEFINITIONS):
                yield whole


def _made(statements: Iterable[ast.AST]) -> Mapping[str, str]:
    """Names of variables, and with what the expression begins that gives each its first value."""
    found: dict[str, str] = {}
    for each in statements:
        targets = each.targets if isinstance(each, ast.Assign) else ()
        for target in targets:
            if isinstance(target, ast.Name) and isinstance(each, ast.Assign):
                found.setdefault(target.id, dotted(_root(each.value)))
    return {name: value for name, value in found.items() if value}


def statements_run(node: ast.AST) -> Iterator[ast.AST]:
    """What runs when a module is loaded, in order: not what it does as a script, nor what only type checkers read."""
    for each in blocks(node):
        if isinstance(each, ast.If) and _is_left_out(each.test):
            yield from statements_run(ast.Module(each.orelse, []))
        else:
            yield each
            if not isinstance(each, DEFINITIONS):
                yield from statements_run(each)


def _is_left_out(test: ast.expr) -> bool:
    if isinstance(test, ast.Compare):
        return dotted(test.left) == "__name__"
    return dotted(test).endswith("TYPE_CHECKING")


def names_taken(statements: Iterable[ast.AST], path: str) -> Iterator[tuple[str, str]]:
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
    elif isinstance(statement, ast.AugAssign):
        # A list that is added to stays the one that was imported
        yield statement.target


def _root(node: ast.expr) -> ast.expr:
    """The chain of names that an expression begins with."""
    while not (name := dotted(node)):
        inner = getattr(node, "func", None) or getattr(node, "value", None)
        if not isinstance(inner, ast.expr):
            break
        node = inner
    return node if name else ast.Name("")


def beginnings(name: str) -> Iterator[str]:
    """A dotted name, and each shorter one that it begins with."""
    while name:
        yield name
        name = name.rpartition(".")[0]
