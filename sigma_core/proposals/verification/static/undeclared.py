"""Packages that a change begins to need and that nothing of the project asks for: they may be here by chance."""

import re
import sys
from collections.abc import Iterator
from pathlib import Path

from sigma_core.proposals.verification.guard.guarded_paths import is_test
from sigma_core.proposals.verification.patch import ChangedFile
from sigma_core.proposals.verification.static.api import new_imports
from sigma_core.proposals.verification.static.modules import Modules

_DECLARING = ("pyproject.toml", "setup.cfg", "setup.py", "Pipfile", "requirements*.txt", "requirements/*.txt")


def undeclared(root: Path, file: ChangedFile, modules: Modules) -> Iterator[str]:
    """A sentence for each package that the file imports now, and that the project neither declares nor imports."""
    for name in sorted(new_imports(file) - sys.stdlib_module_names) if file.path.endswith(".py") else ():
        if not (_is_own(name, modules) or _is_imported(name, file, modules) or _is_declared(name, root)):
            what = "which the project neither declares nor imports elsewhere"
            yield f"{file.path}:{file.first_line} imports {name}, {what}."


def _is_own(name: str, modules: Modules) -> bool:
    return any(name in path.removesuffix(".py").split("/") for path in modules.texts)


def _is_imported(name: str, file: ChangedFile, modules: Modules) -> bool:
    """Elsewhere, tests aside: what these need, its users need not have."""
    others = (path for path in modules.texts if path != file.old_path and not is_test(path))
    return any(
        each.module.split(".")[0] == name
        for path in others
        if name in modules.texts[path]
        for each in modules.taken_by(path)
    )


def _is_declared(name: str, root: Path) -> bool:
    spelled = re.compile(rf"(?<![\w-]){re.sub(r'[-_.]+', '[-_.]+', name)}(?![\w-])", re.IGNORECASE)
    files = (file for pattern in _DECLARING for file in root.glob(pattern) if file.is_file() and not file.is_symlink())
    return any(spelled.search(file.read_text("utf-8", "replace")) for file in files)
