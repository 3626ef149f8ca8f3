"""What names in the code stand for across the files of one tree: imports, re-exports, base classes, calls."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from sys import stdlib_module_names

from sigma_core.codebase.module_names import ModuleNames, module_names
from sigma_core.codebase.module_source import Binding, CodeDefinition, ModuleSource, Reference, Root

Asked = tuple[str, str]
"""A name that was looked up in a file, by its first part; or, without a file, a module by its name or path."""
MOST_STEPS = 12
"""Re-exports that are followed one after the other, and classes up a line of bases."""
DIRECT, OWN_CLASS, BASE_CLASS, KNOWN_OBJECT, BASE_OF_OBJECT = 1.0, 0.95, 0.9, 0.9, 0.85
"""How sure a call is: by name; of the object's own class, which another may derive from; of its base; of an object that
was seen to be made; of a base of such a one's class."""


@dataclass(frozen=True, slots=True)
class Target:
    """What a name stands for: a file (no name), a definition in it, or another project's package (no path)."""

    path: str
    name: str
    certainty: float = DIRECT


@dataclass(frozen=True, slots=True)
class ResolvedCall:
    """A call whose callee is known."""

    caller: str
    callee: Target


class SourceTree:
    """The Python files of one tree. `read` gives what a file says when it is needed; None: it cannot be read."""

    def __init__(self, names: ModuleNames, read: Callable[[str], ModuleSource | None]) -> None:
        self.names = names
        self._read = read
        self._sources: dict[str, ModuleSource] = {}
        self._lines: dict[tuple[str, str], tuple[Target, ...]] = {}
        self._starring: dict[tuple[str, str], Target | None] = {}
        self._asked: set[Asked] = set()

    def source(self, path: str) -> ModuleSource:
        """What a file says; nothing, where it cannot be read."""
        known = self._sources.get(path)
        if known is None:
            known = self._sources[path] = self._read(path) or ModuleSource()
        return known

    @contextmanager
    def asking(self) -> Iterator[set[Asked]]:
        """Whatever is looked up meanwhile: where none of it means something else, the answers are the same."""
        self._asked = set()
        # An answer that is kept would hide what it was found by
        self._lines.clear()
        yield self._asked

    def imports(self, path: str) -> Iterator[Target]:
        """What a file imports: files of the tree and packages of others, each once; not the standard library."""
        seen = set[Target]()
        for binding in self.source(path).bindings:
            for target in self._imported(path, binding):
                if target not in seen and target.path != path:
                    seen.add(target)
                    yield target

    def calls(self, path: str) -> Iterator[ResolvedCall]:
        """Calls of a file whose callee is a definition of the tree; of several of one pair the surest."""
        surest = dict[tuple[str, str, str], float]()
        for call in self.source(path).calls:
            target = self.resolve(path, call.callee)
            if target is not None and target.path and target.name:
                key = (call.caller, target.path, target.name)
                surest[key] = max(surest.get(key, 0.0), target.certainty)
        for (caller, where, name), certainty in surest.items():
            yield ResolvedCall(caller, Target(where, name, certainty))

    def bases(self, path: str, definition: CodeDefinition) -> Iterator[Target]:
        """The classes that a class derives from, as far as they are in the tree."""
        for base in definition.bases:
            target = self.resolve(path, base)
            if target is not None and target.path and target.name:
                yield target

    def resolve(self, path: str, reference: Reference) -> Target | None:
        """What a reference in a file stands for; None where that is not known."""
        if reference.root is Root.LOCAL:
            return self._member(path, reference.name)
        if reference.root is Root.IMPORT:
            return self._dotted(path, reference.name)
        is_imported = reference.root is Root.IMPORTED_INSTANCE
        made = self._dotted(path, reference.name) if is_imported else self._member(path, reference.name)
        is_own = reference.root in (Root.SELF, Root.SUPER)
        sure = (OWN_CLASS, BASE_CLASS) if is_own else (KNOWN_OBJECT, BASE_OF_OBJECT)
        if made is None or not made.path or self._kind(made) != "class":
            return None
        return self._of_class(made, reference.attribute, sure, reference.root is Root.SUPER)

    def _of_class(self, made: Target, attribute: str, sure: tuple[float, float], only_bases: bool) -> Target | None:
        """An attribute of a class's objects: its own or the nearest base's."""
        for number, each in enumerate(self._line(made)):
            if (number or not only_bases) and self._definition(each.path, f"{each.name}.{attribute}"):
                return Target(each.path, f"{each.name}.{attribute}", sure[0] if not number else sure[1])
        return None

    def _line(self, made: Target) -> tuple[Target, ...]:
        """A class and its bases, nearest first: depth first, as most classes have one base."""
        key = (made.path, made.name)
        if key not in self._lines:
            found = dict[tuple[str, str], Target]()
            self._ascend(made, found, MOST_STEPS)
            self._lines[key] = tuple(found.values())
        return self._lines[key]

    def _ascend(self, made: Target, found: dict[tuple[str, str], Target], steps: int) -> None:
        key = (made.path, made.name)
        definition = self._definition(made.path, made.name)
        if key in found or definition is None or not steps:
            return
        found[key] = made
        for base in self.bases(made.path, definition):
            self._ascend(base, found, steps - 1)

    def _kind(self, target: Target) -> str | None:
        definition = self._definition(target.path, target.name)
        return definition.kind if definition else None

    def _definition(self, path: str, dotted: str) -> CodeDefinition | None:
        self._asked.add((path, dotted.partition(".")[0]))
        return self.source(path).by_name.get(dotted)

    def _named(self, name: str) -> str | None:
        """The file of a module, by its full name."""
        self._asked.add(("", name))
        return self.names.paths.get(name)

    def _importable(self, path: str, name: str) -> str | None:
        """The file that `import name` finds from a file: outside of packages a neighbour first, as scripts see it."""
        folder = path.rpartition("/")[0]
        self._asked |= {("", f"{folder}/__init__.py"), ("", f"{folder}/__init__.pyi")}
        for beside in () if self.names.is_package(folder) else _beside(folder, name):
            self._asked.add(("", beside))
            if beside in self.names.by_path:
                return beside
        return self._named(name)

    def _dotted(self, path: str, dotted: str, steps: int = MOST_STEPS) -> Target | None:
        """A dotted name whose head an import of the file binds; the longest binding counts."""
        bound = self.source(path).bound
        parts = dotted.split(".")
        self._asked.add((path, parts[0]))
        for length in range(len(parts), 0, -1):
            binding = bound.get(".".join(parts[:length]))
            if binding is not None:
                start = self._binding(path, binding, steps)
                return self._along(start, parts[length:], steps) if start else None
        return self._starred(path, dotted, steps)

    def _starred(self, path: str, dotted: str, steps: int) -> Target | None:
        """A name that came with ``from module import *``; in one search each file is looked through once."""
        self._asked.add((path, "*"))
        if (path, dotted) in self._starring:
            return self._starring[path, dotted]
        is_outermost = not self._starring
        self._starring[path, dotted] = None
        found = self._starring[path, dotted] = self._star_of(path, dotted, steps)
        if is_outermost:
            self._starring.clear()
        return found

    def _star_of(self, path: str, dotted: str, steps: int) -> Target | None:
        for binding in self.source(path).bindings:
            if binding.member == "*" and steps:
                module = self._module(path, binding)
                found = self._member(module, dotted, steps - 1) if module else None
                if found is not None:
                    return found
        return None

    def _along(self, start: Target, rest: Sequence[str], steps: int) -> Target | None:
        """From a module or class to what is named below it."""
        if not start.path:
            return start
        if start.name or not rest:
            return self._member(start.path, ".".join([start.name, *rest])) if rest else start
        module = self._named(f"{self.names.by_path[start.path]}.{rest[0]}")
        found = self._member(start.path, ".".join(rest), steps)
        return found or (self._along(Target(module, ""), rest[1:], steps) if module else None)

    def _member(self, path: str, dotted: str, steps: int = MOST_STEPS) -> Target | None:
        """A name of a file: defined there, by a base of the class it is asked of, or imported from elsewhere."""
        if self._definition(path, dotted):
            return Target(path, dotted)
        owner, _, attribute = dotted.rpartition(".")
        if owner and self._kind(Target(path, owner)) == "class":
            return self._of_class(Target(path, owner), attribute, (DIRECT, DIRECT), only_bases=True)
        return self._dotted(path, dotted, steps - 1) if steps else None

    def _binding(self, path: str, binding: Binding, steps: int) -> Target | None:
        if binding.member is None:
            found = self._importable(path, binding.module)
            return Target(found, "") if found else self._package(binding.module)
        module = self._module(path, binding)
        if module is None:
            below = self._in_folder(path, binding)
            return Target(below, "") if below else None if binding.level else self._package(binding.module)
        inner = self._member(module, binding.member, steps - 1) if steps and module != path else None
        if inner is not None:
            return inner
        below = self._named(f"{self.names.by_path[module]}.{binding.member}")
        return Target(below, "") if below else None

    def _imported(self, path: str, binding: Binding) -> Iterator[Target]:
        """Files that an import runs, or the package it comes from."""
        whole = binding.member is None
        found = self._importable(path, binding.module) if whole else self._module(path, binding)
        if found is None:
            below = None if whole else self._in_folder(path, binding)
            package = None if binding.level else self._package(binding.module)
            if below is not None:
                yield Target(below, "")
            elif package is not None:
                yield package
            return
        taken = self._binding(path, binding, MOST_STEPS) if binding.member else None
        # Of a package a module below it may be taken; whatever else is taken comes from the package's own file
        yield Target(taken.path, "") if taken and not taken.name and taken.path else Target(found, "")

    def _module(self, path: str, binding: Binding) -> str | None:
        """The file of the module that something is taken from."""
        full = self._absolute(path, binding)
        if full is None:
            return None
        return self._named(full) if binding.level else self._importable(path, full)

    def _in_folder(self, path: str, binding: Binding) -> str | None:
        """The file of a module that is taken from a package without a file of its own."""
        full = self._absolute(path, binding)
        if not full:
            return None
        name = f"{full}.{binding.member}"
        return self._named(name) if binding.level else self._importable(path, name)

    def _absolute(self, path: str, binding: Binding) -> str | None:
        """The full name of the module that something is taken from; None where it leads out of all packages."""
        if not binding.level:
            return binding.module
        name = self.names.by_path[path].split(".")
        is_package = path.endswith(("/__init__.py", "/__init__.pyi")) or path in ("__init__.py", "__init__.pyi")
        up = binding.level - is_package
        if up > len(name):
            return None
        base = name[: len(name) - up] if up else name
        return ".".join([*base, *filter(None, [binding.module])])

    @staticmethod
    def _package(module: str) -> Target | None:
        head = module.partition(".")[0]
        return None if not head or head in stdlib_module_names else Target("", head)


def _beside(folder: str, name: str) -> tuple[str, str]:
    """Where a module would lie in a folder."""
    start = f"{folder}/" if folder else ""
    below = name.replace(".", "/")
    return f"{start}{below}.py", f"{start}{below}/__init__.py"


def tree_of(sources: Mapping[str, ModuleSource | None]) -> SourceTree:
    """A tree whose files are parsed already."""
    return SourceTree(module_names(sources), sources.get)
