"""Which detectors there are: our own, and those of installed packages, which are kept at arm's length."""

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any

from sigma_core.errors import Invalid
from sigma_core.issues.detectors.complexity import COMPLEX_FUNCTION, ComplexityDetector
from sigma_core.issues.detectors.copied_code import COPIED_FUNCTION, CopiedCodeDetector
from sigma_core.issues.detectors.dead_code import UNUSED, DeadCodeDetector
from sigma_core.issues.detectors.model import Detector, Look
from sigma_core.issues.detectors.ruff import SYNTAX_ERROR, RuffDetector
from sigma_core.issues.finding import Fix, Found
from sigma_core.issues.source import Sources
from sigma_core.issues.tables import Severity
from sigma_core.plugins import Plugin, PluginFailed, contained, load, named
from sigma_core.text import is_storable, storable_values

BUILT_IN: tuple[Detector, ...] = (RuffDetector(), ComplexityDetector(), DeadCodeDetector(), CopiedCodeDetector())
OWN_RULES = frozenset({SYNTAX_ERROR, COMPLEX_FUNCTION, COPIED_FUNCTION, *UNUSED})
"""What our own detectors call what they find, beside the linter's codes."""
GROUP = "sigma.detectors"
"""Entry points of packages that add detectors."""
RESERVED = ("files", "lines", "durations_ms", "left_out")
"""Figures of a detection that no detector may be called as."""
LONGEST_NAME = 40
_LENGTHS = {"rule": 80, "family": 20, "message": 2000, "called": 400}


def installed() -> tuple[Detector, ...]:
    """Our own, and those that installed packages bring; one that cannot be loaded stands there and never looks."""
    loaded = load(GROUP, _fit)
    broken = (BrokenDetector(each.name, each.package, each.error or "") for each in loaded.left_out)
    return (*BUILT_IN, *loaded.things, *broken)


@dataclass(frozen=True)
class PluginDetector:
    """A detector of another package: what it says is checked, and what it raises ends nothing but its own look."""

    name: str
    rules: str
    """With the package's version: a new one looks again at what is known."""
    detector: Detector

    def look(self, sources: Sources) -> Look:
        """Raises `PluginFailed`, naming what is wrong."""
        with contained(f"the detector {self.name}"):
            look = self.detector.look(Sources(sources.root, dict(sources.files), sources.whole))
            figures = storable_values(json.loads(json.dumps(look.figures, allow_nan=False)))
            found = [_checked(replace(each, detector=self.name), sources) for each in look.found]
            return Look(found, {self.name: figures} if figures else {})


@dataclass(frozen=True)
class BrokenDetector:
    """Stands for one that cannot be loaded: what it found before is neither there nor gone."""

    name: str
    package: str
    why: str

    @property
    def rules(self) -> str:
        return f"{self.package} {self.name}, left out"

    def look(self, sources: Sources) -> Look:  # noqa: ARG002 (protocol)
        """Raises `PluginFailed`."""
        raise PluginFailed(f"{self.why} ({self.package})")


def _fit(plugin: Plugin, value: Any, known: Sequence[PluginDetector]) -> PluginDetector:  # noqa: ANN401 (of others)
    made = named(plugin, value, (*BUILT_IN, *known), "rules", "look")
    if made.name in RESERVED or len(made.name) > LONGEST_NAME:
        raise Invalid({"name": f"{made.name!r} is taken, or longer than {LONGEST_NAME} characters"})
    return PluginDetector(made.name, f"{plugin.package} {made.name} {made.rules}", made)


def _checked(found: Found, sources: Sources) -> Found:
    """Raises `Invalid` where a finding could not be stored, shown or mended."""
    if wrong := {name: why for name, why in _wrong(found, sources) if why}:
        raise Invalid({f"{found.rule!r:.80} in {found.file!r:.200}": "; ".join(f"{n} {w}" for n, w in wrong.items())})
    return found


def _wrong(found: Found, sources: Sources) -> Iterator[tuple[str, str]]:
    source = sources.files.get(found.file)
    yield "file", "" if source else "is not among those that were looked at"
    lines = len(source.lines) if source else found.end_line
    yield "line", "" if 1 <= found.line <= found.end_line <= lines else f"is not in 1 to {lines}"
    yield "column", "" if found.column >= 1 else "is less than 1"
    yield "severity", "" if isinstance(found.severity, Severity) else "is not a Severity"
    for name, length in _LENGTHS.items():
        text = getattr(found, name)
        fits = isinstance(text, str) and len(text) <= length and is_storable(text) and (bool(text) or name == "called")
        yield name, "" if fits else f"is not a text of 1 to {length} characters"
    if found.fix is not None:
        yield "fix", "" if Fix.from_json(found.fix.as_json()) == found.fix else "is not made of edits"
