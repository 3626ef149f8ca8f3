"""Facts about the code of one tree, as pure values that can be compared with those of another."""

from collections.abc import Iterator
from typing import NamedTuple

from sigma_core.codebase.module_source import CodeDefinition
from sigma_core.codebase.resolution import SourceTree, Target
from sigma_core.graph.vocabulary import CALLS, DEFINES, IMPORTS, INHERITS, MODULE, PACKAGE, PROJECT, TEST


class EntityKey(NamedTuple):
    """Names something of the code for ever: a file keeps its key when it is renamed."""

    kind: str
    file: str
    """Key of the file it is in; empty for the project and for packages."""
    name: str
    """Dotted within the file; empty for the module; of a package its name."""


class CodeFact(NamedTuple):
    """Subject, predicate, object."""

    subject: EntityKey
    predicate: str
    object: EntityKey
    says: str = ""
    """DEFINES: the full name that the object has. DEPENDS_ON: bounds and group, with a bar between them."""
    path: str = ""
    """DEFINES a file: where it lies. DEPENDS_ON: which file says so."""
    certainty: float = 1.0


THE_PROJECT = EntityKey(PROJECT, "", "")


def facts_of(tree: SourceTree, path: str, key: "Keys") -> Iterator[CodeFact]:
    """All that a Python file says, resolved within its tree."""
    module = key.module(path)
    full = tree.names.by_path[path]
    source = tree.source(path)
    yield CodeFact(THE_PROJECT, DEFINES, module, full, path)
    for each in source.definitions:
        owner, _, _ = each.name.rpartition(".")
        around = key.definition(path, source.by_name[owner]) if owner in source.by_name else module
        yield CodeFact(around, DEFINES, key.definition(path, each), f"{full}.{each.name}")
        for base in tree.bases(path, each):
            yield CodeFact(key.definition(path, each), INHERITS, key.target(tree, base))
    for target in tree.imports(path):
        yield CodeFact(module, IMPORTS, key.target(tree, target))
    for call in tree.calls(path):
        caller = key.definition(path, source.by_name[call.caller]) if call.caller in source.by_name else module
        yield CodeFact(caller, CALLS, key.target(tree, call.callee), certainty=call.callee.certainty)


class Keys(dict[str, str]):
    """Keys of files by the paths they have in one tree."""

    def module(self, path: str) -> EntityKey:
        """The entity of a file."""
        return EntityKey(MODULE, self[path], "")

    def definition(self, path: str, definition: CodeDefinition) -> EntityKey:
        """The entity of a class or function of a file."""
        kind = TEST if is_test(path, definition) else definition.kind
        return EntityKey(kind, self[path], definition.name)

    def target(self, tree: SourceTree, target: Target) -> EntityKey:
        """The entity of what a name stands for."""
        if not target.path:
            return EntityKey(PACKAGE, "", target.name)
        if not target.name:
            return self.module(target.path)
        return self.definition(target.path, tree.source(target.path).by_name[target.name])


def is_test(path: str, definition: CodeDefinition) -> bool:
    """Whether a test runner would collect it, by its name and its file's."""
    file, name = path.rpartition("/")[2], definition.name.rpartition(".")[2]
    return (
        definition.kind == "function"
        and name.startswith("test")
        and (file.startswith("test") or file.removesuffix(".py").endswith(("_test", "tests")))
    )
