"""All detectors over one tree."""

import hashlib
import time
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from sigma_core.issues.detectors.model import Detector
from sigma_core.issues.detectors.registry import installed
from sigma_core.issues.detectors.ruff import SYNTAX_ERROR
from sigma_core.issues.file_selection import collect
from sigma_core.issues.finding import Found
from sigma_core.issues.fingerprint import with_fingerprints
from sigma_core.issues.source import UNREAD, Skip, SourceFile, Sources
from sigma_core.plugins import PluginFailed


@dataclass(frozen=True)
class Detection:
    """What was found in a tree, which files were not (wholly) analysed and why, and figures about the rest.

    Figures: ``files`` and ``lines`` analysed, ``durations_ms`` by detector, and what each detector adds; ``left_out``
    names the detectors that failed.
    """

    found: list[Found]
    skipped: dict[str, Skip]
    figures: dict[str, Any]
    left_out: Mapping[str, str] = field(default_factory=dict)
    """Detectors of other packages that failed, with why: their issues are neither there nor gone."""

    @property
    def unread(self) -> frozenset[str]:
        """Files about which nothing is known now: issues in them are neither there nor gone."""
        return frozenset(path for path, why in self.skipped.items() if why in UNREAD)


def detect(
    tree: Path,
    *,
    files: Sequence[str] | None = None,
    leave_alone: Sequence[str] = (),
    folder: str = "",
    detectors: Sequence[Detector] | None = None,
) -> Detection:
    """Look at a plain exported tree (no project code runs, nothing is written into it).

    `files` narrows it to some paths relative to `tree`, `folder` to what lies below that; `detectors` are those
    installed where none are given. Raises `Unavailable` if one of our own cannot do its work; those of other packages
    are left out then.
    """
    sources, skipped = collect(tree, files, leave_alone, folder)
    found, left_out = list[Found](), dict[str, str]()
    figures: dict[str, Any] = {
        "files": len(sources.files),
        "lines": sum(_line_count(source) for source in sources.files.values()),
        "durations_ms": {},
    }
    for detector in installed() if detectors is None else detectors:
        started = time.monotonic()
        try:
            look = detector.look(sources)
        except PluginFailed as error:
            left_out[detector.name] = str(error)
            continue
        found += look.found
        figures |= look.figures
        figures["durations_ms"][detector.name] = round((time.monotonic() - started) * 1000)
    figures |= {"left_out": left_out} if left_out else {}
    return Detection(_marked(sources, found), skipped | _unparsed(sources, found), figures, left_out)


def rules_digest(detectors: Iterable[Detector] | None = None) -> str:
    """Changes whenever the same tree may yield other findings: detectors, versions, rules or thresholds."""
    rules = (detector.rules for detector in (installed() if detectors is None else detectors))
    return hashlib.sha256("\n".join(rules).encode()).hexdigest()


def _line_count(source: SourceFile) -> int:
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
