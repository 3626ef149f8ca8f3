"""The version of ruff that a project holds itself to, from its lock files, requirements and pre-commit hooks."""

import re
from pathlib import Path

_PLACES = {
    ".pre-commit-config.yaml": re.compile(
        r"ruff-pre-commit.*?\brev:\s*['\"]?(?:[0-9a-f]{40}['\"]?\s*#[^\n]*?)?v?(\d+\.\d+[.\d]*)", re.DOTALL
    ),
    **dict.fromkeys(
        ("uv.lock", "poetry.lock", "pdm.lock"), re.compile(r'name = "ruff"\r?\nversion = "(\d+\.\d+[.\d]*)"')
    ),
    **dict.fromkeys(
        ("pyproject.toml", "setup.cfg", "tox.ini", "requirements*.txt", "requirements/*.txt"),
        re.compile(r"\bruff\s*={2,3}\s*(\d+\.\d+[.\d]*)"),
    ),
}
_LARGEST = 8 * 1024 * 1024


def pinned_ruff(root: Path) -> str | None:
    """The version as it stands there; None where nothing says."""
    for pattern, version in _PLACES.items():
        for file in sorted(root.glob(pattern)):
            if file.is_file() and not file.is_symlink() and file.stat().st_size <= _LARGEST:
                found = version.search(file.read_text("utf-8", "replace"))
                if found:
                    return found[1]
    return None
