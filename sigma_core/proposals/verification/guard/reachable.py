"""Modules of the base that a change is the first to import, and what they reach for."""

import ast
from collections.abc import Iterator, Mapping
from pathlib import Path, PurePosixPath

from sigma_core.proposals.verification.guard.guarded_paths import is_test
from sigma_core.proposals.verification.guard.reaching import reaches
from sigma_core.proposals.verification.guard.watched import Way
from sigma_core.proposals.verification.patch import ChangedFile, Patch
from sigma_core.proposals.verification.syntax import Unreadable, nodes_of


def newly_reachable(patch: Patch, root: Path) -> Iterator[str]:
    """One sentence for each: what a change has no part in itself and yet sets going."""
    changed = {file.path for file in patch.files}
    for file in patch.files:
        if not file.is_python or is_test(file.path):
            continue
        for path, line in _new_imports(file, root).items():
            if path not in changed and (why := _why(path, root)):
                yield f"{file.path}:{line} imports {path}, {why}."


def _why(path: str, root: Path) -> str:
    if is_test(path):
        return "which belongs to the tests"
    try:
        found = [each for each in reaches(_text(root / path), in_test=False) if each.way is not Way.ELSEWHERE]
    except Unreadable:
        return ""
    if not found or _is_imported(path, root):
        return ""
    return f"which nothing else imports and which in line {found[0].line} {found[0].what}"


def _is_imported(path: str, root: Path) -> bool:
    """Whether code of the base imports it already."""
    stem = (PurePosixPath(path).parent.name if path.endswith("__init__.py") else PurePosixPath(path).stem).encode()
    for other in root.rglob("*.py"):
        name = other.relative_to(root).as_posix()
        if name == path or is_test(name) or other.is_symlink() or stem not in other.read_bytes():
            continue
        if path in _imports(_text(other), name, root):
            return True
    return False


def _new_imports(file: ChangedFile, root: Path) -> Mapping[str, int]:
    before = _imports(file.before or "", file.old_path, root)
    after = _imports(file.after or "", file.path, root)
    return {path: line for path, line in after.items() if path not in before}


def _imports(text: str, name: str, root: Path) -> dict[str, int]:
    """Files of the tree that a text imports, with the line."""
    try:
        nodes = nodes_of(text)
    except Unreadable:
        return {}
    asked = (
        (module, node.lineno)
        for node in nodes
        if isinstance(node, (ast.Import, ast.ImportFrom))
        for module in _modules(node, name)
    )
    return {path: line for module, line in asked if (path := _file(module, root)) is not None}


def _modules(node: ast.Import | ast.ImportFrom, name: str) -> Iterator[PurePosixPath]:
    if isinstance(node, ast.Import):
        yield from (PurePosixPath(*each.name.split(".")) for each in node.names)
        return
    base = PurePosixPath(name)
    for _ in range(node.level):
        base = base.parent
    place = (base if node.level else PurePosixPath()) / PurePosixPath(*(node.module or "").split("."))
    yield place
    yield from (place / each.name for each in node.names)


def _file(module: PurePosixPath, root: Path) -> str | None:
    places = (place for folder in ("", "src") for place in (f"{folder}/{module}.py", f"{folder}/{module}/__init__.py"))
    found = (place.lstrip("/") for place in places if module.parts)
    return next((path for path in found if (root / path).is_file() and not (root / path).is_symlink()), None)


def _text(path: Path) -> str:
    return path.read_bytes().decode("utf-8", "surrogateescape")
