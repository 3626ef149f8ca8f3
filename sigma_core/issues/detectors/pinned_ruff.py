"""The version of ruff that a project holds itself to, from its configuration, lock files, requirements and hooks."""

import re
from pathlib import Path

from sigma_core.issues.detectors.ruff_process import numbers, ruff_version

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
_REQUIRED = re.compile(
    r"""^\s*required-version\s*=\s*['"][^'"\n]*?(?:(?<=['"])\s*|={2,3}\s*|<=?\s*|~=\s*(?=\d+\.\d+\.))(\d+\.\d+[.\d]*)""",
    re.MULTILINE,
)
"""A version alone, an exact one, or one that it must not exceed."""
_CONFIGURATIONS = (".ruff.toml", "ruff.toml", "pyproject.toml")
_LARGEST = 8 * 1024 * 1024


def pinned_ruff(root: Path) -> str | None:
    """The version as it stands there; None where nothing says."""
    for pattern, version in [*((name, _REQUIRED) for name in _CONFIGURATIONS), *_PLACES.items()]:
        for file in sorted(root.glob(pattern)):
            if file.is_file() and not file.is_symlink() and file.stat().st_size <= _LARGEST:
                found = version.search(file.read_text("utf-8", "replace"))
                if found and not (version is _REQUIRED and _is_met(found[0])):
                    return found[1]
    return None


def _is_met(required: str) -> bool:
    """Whether the installed version lies below the bound that was found."""
    bound = re.search(r"<(=?)\s*([.\d]+)$", required)
    if bound is None:
        return False
    ours, most = numbers(ruff_version()), numbers(bound[2])
    return ours < most or (bool(bound[1]) and ours == most)
