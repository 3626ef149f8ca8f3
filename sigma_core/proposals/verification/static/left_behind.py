"""What a change leaves behind that it itself made dead: imports, variables and private helpers that nothing uses."""

import ast
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

from sigma_core.issues.detectors.import_sorting import comes_unsorted
from sigma_core.issues.finding import Found
from sigma_core.proposals.verification.patch import ChangedFile
from sigma_core.proposals.verification.static.modules import Modules
from sigma_core.proposals.verification.syntax import DEFINITIONS, FUNCTIONS, Unreadable, nodes_of, parse

_UNUSED = frozenset({"F401", "F841", "F842"})
"""The linter's rules about names that nothing uses."""


def left_behind(file: ChangedFile, before: Sequence[Found], after: Sequence[Found], modules: Modules) -> Iterator[str]:
    """A sentence for each such name; `before` and `after` are all findings of both sides."""
    if not file.is_python or file.before is None or file.after is None:
        return
    known = Counter((each.rule, each.message) for each in before if each.file == file.old_path)
    for each in after:
        if each.file == file.path and each.rule in _UNUSED:
            known[each.rule, each.message] -= 1
            if known[each.rule, each.message] < 0:
                yield f"{file.path}:{each.line} is left behind: {each.message[0].lower()}{each.message[1:]}"
    try:
        for name, line in unused_helpers(file.old_path, file.before, file.after, modules):
            yield f"{file.path}:{line} is left behind: nothing uses `{name}` any more."
    except Unreadable:
        return


def disordered(file: ChangedFile, root: Path) -> Iterator[str]:
    """A sentence where isort, by which the project below `root` sorts its imports, would put these in another order."""
    if not file.is_python or file.before is None or file.after is None:
        return
    try:
        moved = imports_in(file.before) != imports_in(file.after)
    except Unreadable:
        return
    if moved and comes_unsorted(root, file.path, file.before, file.after):
        yield f"{file.path}:{file.first_line} leaves imports in another order than the project's isort."


def imports_in(text: str) -> list[str]:
    """Its import statements as they are written, in order. Raises `Unreadable`."""
    return [ast.unparse(node) for node in nodes_of(text) if isinstance(node, (ast.Import, ast.ImportFrom))]


def made_unused(before: str, after: str) -> frozenset[str]:
    """Names that the text `before` reads and `after` reads less often, or no more. Raises `Unreadable`."""
    return frozenset(_reads(before) - _reads(after))


def unused_helpers(path: str, before: str, after: str, modules: Modules) -> Iterator[tuple[str, int]]:
    """Private names that both texts of a file give a value, and that only the first one and no other module of the
    project reads, with their lines in the second. Raises `Unreadable`."""
    reads, helpers = _reads(after), _helpers(after)
    for name in made_unused(before, after) & _helpers(before).keys() & helpers.keys():
        if not reads[name] and not any(name in text for other, text in modules.texts.items() if other != path):
            yield name, helpers[name]


def _reads(text: str) -> Counter[str]:
    """How often each name is read: as a name, as an attribute, in a string."""
    found = Counter[str]()
    for node in nodes_of(text):
        if isinstance(node, ast.Name) and not isinstance(node.ctx, ast.Store):
            found[node.id] += 1
        elif isinstance(node, ast.Attribute):
            found[node.attr] += 1
        elif isinstance(node, ast.Constant) and isinstance(node.value, str) and node.value.isidentifier():
            found[node.value] += 1
    return found


def _helpers(text: str) -> Mapping[str, int]:
    """Private definitions and module variables, and functions within functions; what decorates may use them."""
    found: dict[str, int] = {}
    for node in nodes_of(text):
        inner = node.body if isinstance(node, FUNCTIONS) else ()
        found |= {each.name: each.lineno for each in inner if isinstance(each, DEFINITIONS) and not each.decorator_list}
        if isinstance(node, DEFINITIONS) and _is_private(node.name) and not node.decorator_list:
            found[node.name] = node.lineno
    for statement in parse(text).body:
        targets = statement.targets if isinstance(statement, ast.Assign) else ()
        found |= {each.id: each.lineno for each in targets if isinstance(each, ast.Name) and _is_private(each.id)}
    return found


def _is_private(name: str) -> bool:
    return name.startswith("_") and not name.endswith("__")
