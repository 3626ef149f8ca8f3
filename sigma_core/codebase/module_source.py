"""What one Python file says by itself: definitions, imports, calls, base classes."""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from functools import cached_property


class Root(StrEnum):
    """What a name begins at."""

    LOCAL = "local"
    """A definition of this file."""
    IMPORT = "import"
    """A name that an import binds."""
    SELF = "self"
    """The object whose method this is."""
    SUPER = "super"
    INSTANCE = "instance"
    """An object that the file shows to be made by, or annotated as, a class of its own."""
    IMPORTED_INSTANCE = "imported instance"
    """The same of a class that an import binds."""


@dataclass(frozen=True, slots=True)
class Reference:
    """What a name in the code stands for, as far as the file alone can tell."""

    root: Root
    name: str
    """Dotted: ``Cart``, ``json.loads``; of an object, its class as the file names it."""
    attribute: str = ""
    """What is asked of an object."""


@dataclass(frozen=True, slots=True)
class CodeDefinition:
    """A class or a function, by its dotted name within the file."""

    name: str
    kind: str
    """``class`` or ``function``."""
    line: int
    end_line: int
    summary: str
    """First sentence of its docstring."""
    bases: tuple[Reference, ...] = ()
    parameters: tuple[str, ...] = ()
    """What a function is given, by name; not the object whose method it is."""


@dataclass(frozen=True, slots=True)
class Binding:
    """A name that an import brings into the file."""

    name: str
    module: str
    """As written, without the dots in front."""
    level: int
    """Dots in front of it; 0 for an absolute import."""
    member: str | None
    """What is taken from the module; None: the module itself; ``*``: all of it."""


@dataclass(frozen=True, slots=True)
class CallSite:
    """One call. The caller is empty for what runs at import."""

    caller: str
    callee: Reference


@dataclass(frozen=True)
class ModuleSource:
    """All that a file says."""

    definitions: Sequence[CodeDefinition] = ()
    bindings: Sequence[Binding] = ()
    calls: Sequence[CallSite] = ()
    calls_unknown: int = 0
    """Calls of what the file alone cannot name: a parameter, an item of a list."""
    summary: str = ""

    @cached_property
    def exports(self) -> dict[str, frozenset[object]]:
        """What other files can see of it, by the first part of its name."""
        found: dict[str, set[object]] = {}
        for each in self.definitions:
            found.setdefault(each.name.partition(".")[0], set()).add((each.name, each.kind, each.bases))
        for binding in self.bindings:
            found.setdefault(binding.name.partition(".")[0], set()).add(binding)
        return {name: frozenset(what) for name, what in found.items()}

    def changed(self, other: "ModuleSource") -> set[str]:
        """First parts of names that may mean something else in the other; with ``*`` where any does."""
        names = {*self.exports, *other.exports}
        found = {name for name in names if self.exports.get(name) != other.exports.get(name)}
        return found | {"*"} if found else found

    @cached_property
    def by_name(self) -> dict[str, CodeDefinition]:
        """Its definitions by their dotted names."""
        return {each.name: each for each in self.definitions}

    @cached_property
    def bound(self) -> dict[str, Binding]:
        """What imports bind, by name; of two the last counts."""
        return {each.name: each for each in self.bindings}
