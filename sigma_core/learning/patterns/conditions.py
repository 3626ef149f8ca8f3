"""Where a pattern applies, as demands that code checks. Pure rules of values."""

import ast
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from typing import Any

from sigma_core.learning.patterns.templates import Bindings, CodeTemplate, places


@dataclass(frozen=True)
class Conditions:
    """What must hold of a place. What is left empty is not asked.

    `imports`: `module` or `module:name`. `python`: the oldest Python 3 (minor version) that its code needs.
    `configuration`: by dotted key of pyproject.toml, the value it must have.
    """

    rule: str | None = None
    globs: Sequence[str] = ()
    imports: Sequence[str] = ()
    python: int | None = None
    configuration: Mapping[str, Any] = field(default_factory=dict)

    def told(self) -> list[str]:
        """Each in a few words."""
        said = [f"rule {self.rule}"] if self.rule else []
        said += [f"files {' or '.join(self.globs)}"] if self.globs else []
        said += [f"imports {each}" for each in self.imports]
        said += [f"Python 3.{self.python} or later"] if self.python else []
        return [*said, *(f"{key} = {value!r} in pyproject.toml" for key, value in sorted(self.configuration.items()))]


@dataclass(frozen=True)
class CodePlace:
    """A place in a project's code. `lines`: the first and the last of it; None for the whole file.

    `python`: the minor version of the oldest Python 3 that the project supports; None where it does not say.
    """

    path: str
    tree: ast.Module
    rule: str | None = None
    lines: tuple[int, int] | None = None
    python: int | None = None
    configuration: Mapping[str, Any] = field(default_factory=dict)


def unmet(asked: Conditions, place: CodePlace) -> Iterator[str]:
    """What does not hold of a place, in words."""
    if asked.rule is not None and place.rule is not None and asked.rule != place.rule:
        yield f"it is for {asked.rule}, not {place.rule}"
    if asked.globs and not any(fnmatchcase(place.path, each) for each in asked.globs):
        yield f"{place.path} is none of {', '.join(asked.globs)}"
    missing = [each for each in asked.imports if each not in imported(place.tree)]
    if missing:
        yield f"{place.path} does not import {', '.join(missing)}"
    if asked.python is not None and place.python is not None and place.python < asked.python:
        yield f"it needs Python 3.{asked.python}, and the project supports 3.{place.python}"
    for key, value in asked.configuration.items():
        if _at(place.configuration, key) != value:
            yield f"{key} is not {value!r} in pyproject.toml"


def instances(wanted: CodeTemplate, place: CodePlace) -> Iterator[tuple[ast.expr | ast.stmt, Bindings]]:
    """Nodes of the pattern's form that touch the place's lines."""
    for node, bindings in places(wanted, place.tree):
        first, last = node.lineno, node.end_lineno or node.lineno
        if place.lines is None or (first <= place.lines[1] and last >= place.lines[0]):
            yield node, bindings


def imported(tree: ast.AST) -> set[str]:
    """What a file takes from modules: `module` and `module:name`, under their own names."""
    found = set[str]()
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            found |= {each.name.split(".")[0] for each in node.names if each.asname is None}
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            found |= {f"{node.module}:{each.name}" for each in node.names if each.asname is None}
    return found


def _at(configuration: Mapping[str, Any], key: str) -> object:
    found: object = configuration
    for part in key.split("."):
        found = found.get(part) if isinstance(found, Mapping) else None
    return found
