"""Which Python 3 a pattern's code needs, and which one a project supports at least."""

from pathlib import Path
from tempfile import TemporaryDirectory

from sigma_core.errors import SigmaError
from sigma_core.issues.detectors.target_version import oldest_minor
from sigma_core.learning.patterns.templates import CodeTemplate, fill
from sigma_core.projects.git import Clone
from sigma_core.proposals.verification.static.newer_python import needs

DECLARING = ("pyproject.toml", "setup.cfg", "setup.py", "ruff.toml", ".ruff.toml")


def needed_minor(before: CodeTemplate, after: CodeTemplate) -> int | None:
    """The minor version since which there is what only the new code needs; None where any will do."""
    was, is_ = (needs(_code(each)) for each in (before, after))
    known = {need.what for need in was}
    return max((need.minor for need in is_ if need.what not in known), default=None)


def supported_minor(clone: Clone, commit: str) -> int | None:
    """The oldest one that a project declares at its root; None where it says nothing."""
    with TemporaryDirectory() as folder:
        for name in DECLARING:
            try:
                (Path(folder) / name).write_bytes(clone.read(commit, name))
            except SigmaError:
                continue
        return oldest_minor(Path(folder))


def _code(template: CodeTemplate) -> str:
    return fill(template, {number: f"a{number}" for number in template.holes}) or ""
