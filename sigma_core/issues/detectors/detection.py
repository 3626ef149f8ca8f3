"""All detectors over one tree."""

import hashlib
import time
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sigma_core.issues.collecting import collect
from sigma_core.issues.detectors.complexity import ComplexityDetector
from sigma_core.issues.detectors.dead_code import DeadCodeDetector
from sigma_core.issues.detectors.model import Detector
from sigma_core.issues.detectors.ruff import SYNTAX_ERROR, RuffDetector
from sigma_core.issues.finding import Found
from sigma_core.issues.fingerprint import with_fingerprints
from sigma_core.issues.source import UNREAD, Skip, Source, Sources

DETECTORS: tuple[Detector, ...] = (RuffDetector(), ComplexityDetector(), DeadCodeDetector())


@dataclass(frozen=True)
class Detection:
    """What was found in a tree, which files were not (wholly) analysed and why, and figures about the rest.

    Figures: ``files`` and ``lines`` analysed, ``durations_ms`` by detector, and what each detector adds.
    """

    found: list[Found]
    skipped: dict[str, Skip]
    figures: dict[str, Any]

    @property
    def unread(self) -> frozenset[str]:
        """Files about which nothing is known now: issues in them are neither there nor gone."""
        return frozenset(path for path, why in self.skipped.items() if why in UNREAD)


def detect(
    tree: Path,
    *,
    files: Sequence[str] | None = None,
    leave_alone: Sequence[str] = (),
    detectors: Sequence[Detector] = DETECTORS,
) -> Detection:
    """Look at a plain exported tree (no project code runs, nothing is written into it).

    `files` narrows it to some paths relative to `tree`. Raises `Unavailable` if a detector cannot do its work.
    """
    sources, skipped = collect(tree, files, leave_alone)
    found: list[Found] = []
    figures: dict[str, Any] = {
        "files": len(sources.files),
        "lines": sum(_line_count(source) for source in sources.files.values()),
        "durations_ms": {},
    }
    for detector in detectors:
        started = time.monotonic()
        look = detector.look(sources)
        found += look.found
        figures |= look.figures
        figures["durations_ms"][detector.name] = round((time.monotonic() - started) * 1000)
    return Detection(_marked(sources, found), skipped | _unparsed(sources, found), figures)


def rules_digest(detectors: Iterable[Detector] = DETECTORS) -> str:
    """Changes whenever the same tree may yield other findings: detectors, versions, rules or thresholds."""
    return hashlib.sha256("\n".join(detector.rules for detector in detectors).encode()).hexdigest()


def _line_count(source: Source) -> int:
    return source.text.count("\n") + (not source.text.endswith("\n") and bool(source.text))


def _marked(sources: Sources, found: Iterable[Found]) -> list[Found]:
    by_file: defaultdict[str, list[Found]] = defaultdict(list)
    for finding in found:
        by_file[finding.file].append(finding)
    return [f for path in sorted(by_file) for f in with_fingerprints(sources.files[path], by_file[path])]


def _unparsed(sources: Sources, found: Iterable[Found]) -> dict[str, Skip]:
    broken = {finding.file for finding in found if finding.rule == SYNTAX_ERROR}
    unparsed = (path for path, source in sources.files.items() if not source.parses)
    return {path: Skip.SYNTAX if path in broken else Skip.NEWER_SYNTAX for path in unparsed}
