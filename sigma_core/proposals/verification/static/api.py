"""Public names of a module, with the signatures that callers rely on."""

import ast
from collections.abc import Iterable, Iterator
from functools import lru_cache
from pathlib import PurePosixPath

from sigma_core.proposals.verification.patch import ChangedFile
from sigma_core.proposals.verification.syntax import FUNCTIONS, Definition, Unreadable, nodes_of, parse

_KEPT = 64
"""Texts whose imports are kept: the changes of a file share what it was before."""


def api_changes(files: Iterable[ChangedFile]) -> tuple[list[str], list[str]]:
    """Public names that appear and that vanish; a changed signature is one of each."""
    added, removed = set[str](), set[str]()
    for file in files:
        before, after = _surface(file.old_path, file.before), _surface(file.path, file.after)
        added |= after - before
        removed |= before - after
    return sorted(added), sorted(removed)


def new_imports(file: ChangedFile) -> frozenset[str]:
    """Top-level packages that the file imports now and did not before."""
    return _imports(file.after) - _imports(file.before)


def module_name(path: str) -> str:
    """The dotted name a file is imported by, ``src/`` left out."""
    parts = PurePosixPath(path).with_suffix("").parts
    parts = parts[:-1] if parts[-1:] == ("__init__",) else parts
    return ".".join(parts[1:] if parts[:1] == ("src",) and len(parts) > 1 else parts)


def _surface(path: str, text: str | None) -> set[str]:
    tree = _readable(text)
    if tree is None or not path.endswith((".py", ".pyi")):
        return set()
    names = dict(_names(tree.body, reexports=path.endswith("__init__.py")))
    listed = _listed(tree)
    public = names if listed is None else {name: names.get(name, name) for name in listed}
    module = module_name(path)
    return {f"{module}.{shown}" for name, shown in public.items() if listed is not None or not name.startswith("_")}


def _names(body: list[ast.stmt], *, reexports: bool) -> Iterator[tuple[str, str]]:
    for node in body:
        if isinstance(node, (*FUNCTIONS, ast.ClassDef)):
            yield node.name, _shown(node)
            if isinstance(node, ast.ClassDef) and not node.name.startswith("_"):
                yield from _members(node)
        elif isinstance(node, (ast.Assign, ast.AnnAssign)):
            targets = node.targets if isinstance(node, ast.Assign) else [node.target]
            yield from ((name, name) for target in targets for name in _stored(target))
        elif isinstance(node, (ast.If, ast.Try)):
            yield from _names([*node.body, *node.orelse], reexports=reexports)
        elif isinstance(node, (ast.Import, ast.ImportFrom)):
            aliases = ((each.asname or each.name.split(".")[0], each) for each in node.names)
            yield from ((name, name) for name, each in aliases if reexports or each.asname == each.name)


def _members(node: ast.ClassDef) -> Iterator[tuple[str, str]]:
    for name, shown in _names(node.body, reexports=False):
        if not name.startswith("_") or name == "__init__":
            yield f"{node.name}.{name}", f"{node.name}.{shown}"


def _shown(node: Definition) -> str:
    return node.name if isinstance(node, ast.ClassDef) else f"{node.name}({ast.unparse(node.args)})"


def _stored(target: ast.expr) -> list[str]:
    return [node.id for node in ast.walk(target) if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store)]


def _listed(tree: ast.Module) -> list[str] | None:
    for node in tree.body:
        if isinstance(node, ast.Assign) and any(isinstance(t, ast.Name) and t.id == "__all__" for t in node.targets):
            try:
                return [str(name) for name in ast.literal_eval(node.value)]
            except (ValueError, TypeError):
                return None
    return None


@lru_cache(maxsize=_KEPT)
def _imports(text: str | None) -> frozenset[str]:
    found = set[str]()
    for node in nodes_of(text) if text is not None and _readable(text) is not None else ():
        if isinstance(node, ast.Import):
            found |= {each.name.split(".")[0] for each in node.names}
        elif isinstance(node, ast.ImportFrom) and node.level == 0 and node.module:
            found.add(node.module.split(".")[0])
    return frozenset(found)


def _readable(text: str | None) -> ast.Module | None:
    try:
        return None if text is None else parse(text)
    except Unreadable:
        return None
