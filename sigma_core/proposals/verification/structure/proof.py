"""The proof: which forms, applied to both sides, leave no difference. The rule that a fix bears plays no part."""

import ast
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from itertools import combinations
from pathlib import Path
from typing import TypeVar

from sigma_core.proposals.verification.patch import ChangedFile
from sigma_core.proposals.verification.structure.annotations import (
    annotations_agree,
    strip_annotations,
)
from sigma_core.proposals.verification.structure.control_flow import straighten
from sigma_core.proposals.verification.structure.displays import as_displays
from sigma_core.proposals.verification.structure.imports import local_modules, sort_imports
from sigma_core.proposals.verification.structure.lookups import plain_lookups
from sigma_core.proposals.verification.structure.one_error import as_os_error
from sigma_core.proposals.verification.syntax import Unreadable, parse, same_code, same_instructions, statement_digests

CONTROL_FLOW, ANNOTATIONS, IMPORTS, STUB = "control flow", "annotations", "import order", "type stub"
LOOKUPS = "look-ups in keyword arguments"
DISPLAYS = "how lists, tuples, sets and dictionaries are written"
OLD_NAMES = "old names of OSError"
INSTRUCTIONS = "the compiler's instructions"
_FORMS = (CONTROL_FLOW, IMPORTS, ANNOTATIONS, LOOKUPS, DISPLAYS, OLD_NAMES)
_Node = TypeVar("_Node", bound=ast.AST)


@dataclass(frozen=True)
class EqualForm:
    """In what a change differs without meaning anything else, in words; empty where that is not proved."""

    words: str = ""
    is_typing: bool = False
    """Whether a type checker reads what differs."""


def equal_form(files: Sequence[ChangedFile], root: Path) -> EqualForm:
    """The form of a change of these files; `root` is the tree of the base."""
    found: list[str] = []
    for file in files:
        forms = _forms(file, root)
        if forms is None:
            return EqualForm()
        found += [form for form in forms if form not in found]
    words = " and ".join([*filter(None, [", ".join(found[:-1])]), *found[-1:]])
    return EqualForm(words, is_typing=not {ANNOTATIONS, STUB}.isdisjoint(found))


def _forms(file: ChangedFile, root: Path) -> Sequence[str] | None:
    """The fewest forms that leave no difference in a file; None where none do."""
    if not file.is_python or file.before is None or file.after is None or file.path != file.old_path:
        return None
    try:
        if same_code(file.before, file.after):
            return ()
        if file.path.endswith(".pyi"):
            return (STUB,)
        local = local_modules(root, file.path)
        if not _agree(file.before, file.after, _FORMS, local):
            return (INSTRUCTIONS,) if same_instructions(file.before, file.after) else None
        some = (forms for size in range(1, len(_FORMS) + 1) for forms in combinations(_FORMS, size))
        return next((forms for forms in some if _agree(file.before, file.after, forms, local)), _FORMS)
    except Unreadable:
        return None


def _agree(before: str, after: str, forms: Collection[str], local: Collection[str]) -> bool:
    wholes = (parse(before), parse(after))
    trees = _differing(before, after)
    slots = []
    for tree, whole in zip(trees, wholes, strict=True):
        slots.append(strip_annotations(tree, whole) if ANNOTATIONS in forms else [])
        if IMPORTS in forms:
            sort_imports(tree, local)
        if LOOKUPS in forms:
            plain_lookups(tree)
        if OLD_NAMES in forms:
            as_os_error(tree, whole)
        if DISPLAYS in forms:
            as_displays(tree, whole)
        if CONTROL_FLOW in forms:
            straighten(tree, whole)
    old, new = map(ast.dump, trees)
    return old == new and (ANNOTATIONS not in forms or annotations_agree(slots[0], slots[1], *wholes))


def _differing(before: str, after: str) -> tuple[ast.Module, ast.Module]:
    """The statements of the modules between their common beginning and their common end, to be changed freely."""
    old, new = statement_digests(before), statement_digests(after)
    most = min(len(old), len(new))
    first = next((at for at in range(most) if old[at] != new[at]), most)
    last = next((at for at in range(most - first) if old[-1 - at] != new[-1 - at]), most - first)
    return _part(before, first, len(old) - last), _part(after, first, len(new) - last)


def _part(text: str, first: int, end: int) -> ast.Module:
    return ast.Module([_copied(each) for each in parse(text).body[first:end]], [])


def _copied(node: _Node) -> _Node:
    """As `deepcopy`, in a fraction of its time: a tree has no node twice."""
    new = type(node).__new__(type(node))
    for name, value in vars(node).items():
        if isinstance(value, ast.AST):
            setattr(new, name, _copied(value))
        elif isinstance(value, list):
            setattr(new, name, [_copied(each) if isinstance(each, ast.AST) else each for each in value])
        else:
            setattr(new, name, value)
    return new
