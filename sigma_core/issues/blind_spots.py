"""What an analysis did not see of a project although it might have: said aloud, each in one sentence."""

from collections.abc import Iterator, Mapping
from typing import Any

from sigma_core.issues.detectors.ruff_process import is_ours, ruff_version
from sigma_core.issues.source import Skip
from sigma_core.text import visible_line

_BY_CHANCE = (Skip.ENCODING, Skip.NOTEBOOK, Skip.LFS, Skip.TOO_LARGE, Skip.NEWER_SYNTAX)
"""Not left out because somebody wants it so."""
NAMED = 3


def blind_spots(skipped: Mapping[str, str], figures: Mapping[str, Any]) -> list[str]:
    """From a snapshot's skipped files and its detectors' figures."""
    return [*_files(skipped), *_linter(figures.get("ruff") or {}), *_detectors(figures.get("left_out") or {})]


def _files(skipped: Mapping[str, str]) -> Iterator[str]:
    for why in _BY_CHANCE:
        files = [visible_line(file) for file, reason in skipped.items() if reason == why]
        if files:
            more = f" and {len(files) - NAMED} more" if len(files) > NAMED else ""
            yield f"not looked at because {why}: {', '.join(files[:NAMED])}{more}"


def _detectors(left_out: Mapping[str, str]) -> Iterator[str]:
    for name, why in left_out.items():
        yield f"the detector {visible_line(name)} is left out: {visible_line(why)}"


def _linter(figures: Mapping[str, Any]) -> Iterator[str]:
    for problem in figures.get("unusable_configuration") or ():
        yield f"the linter's configuration is not used: {visible_line(problem)}"
    for problem in figures.get("refused_configuration") or ():
        yield f"of the linter's configuration only which rules it selects and ignores is used: {visible_line(problem)}"
    pinned = figures.get("pinned")
    if pinned and not is_ours(pinned):
        yield f"the project holds itself to ruff {pinned}; what is said here is ruff {ruff_version()}'s"
