"""Which tests execute which functions of the base, as its own run has shown."""

import re
from collections.abc import Mapping
from pathlib import Path, PurePosixPath

from sigma_core.codebase.coverage import Measured
from sigma_core.codebase.executed_functions import executing, function_lines
from sigma_core.proposals.verification.baseline import Baseline
from sigma_core.proposals.verification.nearest_tests import file_of
from sigma_core.proposals.verification.report import OUTSIDE, Report

_PARAMETERS = re.compile(r"\[.*", re.DOTALL)


def tested_functions(baseline: Baseline, commit: str, tree: Path, folder: str, *, is_whole: bool) -> Measured:
    """Functions and tests by their places in the tree; what a test is run with does not make it another."""
    report = baseline.run.report
    tests = {number: place for number, name in enumerate(report.collected) if (place := _place(name, tree, folder))}
    breadth: dict[str, int] = {}
    for masks in report.masks.values():
        for number, mask in masks.items():
            if number in tests:
                breadth[tests[number]] = breadth.get(tests[number], 0) + mask.bit_count()
    pairs = [
        (f"{path}:{function}", test)
        for path in sorted(report.masks)
        for function, test in executing(_functions(tree / path), _by_place(report, path, tests), breadth)
    ]
    return Measured(commit, baseline.traced, pairs, is_whole)


def _functions(path: Path) -> Mapping[str, int]:
    return function_lines(path.read_bytes()) if path.is_file() and not path.is_symlink() else {}


def _by_place(report: Report, path: str, tests: Mapping[int, str]) -> dict[str, int]:
    found: dict[str, int] = {}
    for number, mask in report.masks[path].items():
        if number != OUTSIDE and number in tests:
            found[tests[number]] = found.get(tests[number], 0) | mask
    return found


def _place(name: str, tree: Path, folder: str) -> str | None:
    """Where a test stands: `path:qualified.name`."""
    plain = _PARAMETERS.sub("", name)
    _, colons, inside = plain.partition("::")
    if colons:
        return f"{file_of(plain, folder, ())}:{inside.replace('::', '.')}"
    parts = plain.split(".")
    for end in range(len(parts) - 1, 0, -1):
        path = f"{PurePosixPath(folder, *parts[:end])}.py"
        if (tree / path).is_file():
            return f"{path}:{'.'.join(parts[end:])}"
    return None
