"""The base's own test results, measured once and kept."""

import gzip
import json
import os
import tempfile
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from hashlib import sha256
from pathlib import Path
from typing import Any

from sigma_core.proposals.evidence import RunState
from sigma_core.proposals.verification.comparison import unstable_ids
from sigma_core.proposals.verification.report import CollectError, Outcome, Report
from sigma_core.proposals.verification.runs import Run, TestRunner

_TRACE_ALL = 64_000_000
"""Most tests × lines for which every file of the project is traced at once, so that later changes need no new run."""


@dataclass(frozen=True)
class Baseline:
    """A run of the base: what it said, in which files lines were recorded, which ids are unstable."""

    run: Run
    traced: tuple[str, ...]
    unstable: frozenset[str]


class BaselineCache:
    """Baselines in the home, one compressed file each. A file that cannot be read counts as absent."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def find(self, key: Sequence[str]) -> Baseline | None:
        """The baseline under this key."""
        path = self._path(key)
        try:
            return _read(json.loads(gzip.decompress(path.read_bytes())))
        except FileNotFoundError:
            return None
        except (OSError, EOFError, ValueError, KeyError, TypeError):
            # Cut short by a full disk, or of another version: it can always be measured again
            path.unlink(missing_ok=True)
            return None

    def keep(self, key: Sequence[str], baseline: Baseline) -> None:
        """Store it; readers see the old one or the whole new one."""
        path = self._path(key)
        path.parent.mkdir(parents=True, exist_ok=True)
        handle, name = tempfile.mkstemp(dir=path.parent)
        with os.fdopen(handle, "wb") as file:
            file.write(gzip.compress(json.dumps(_stored(baseline)).encode(), 3))
        Path(name).replace(path)

    def _path(self, key: Sequence[str]) -> Path:
        digest = sha256("\0".join(key).encode("utf-8", "surrogateescape")).hexdigest()
        return self._folder / digest[:2] / f"{digest}.json.gz"


def measure_baseline(
    runner: TestRunner, tree: Path, asked: Sequence[str], others: dict[str, int], progress: Callable[[str], None]
) -> Baseline:
    """Collect, then run the base with lines recorded in `asked`, and in `others` (path → lines) where that is cheap.

    The first collection is compared with the run's own: ids that only one of them has are unstable.
    """
    progress("collecting the tests of the base")
    first = runner.run(tree, collect_only=True)
    cheap = len(first.report.collected) * sum(others.values()) <= _TRACE_ALL
    traced = tuple(sorted({*asked, *(others if cheap else ())}))
    progress(f"running the {len(first.report.collected)} tests of the base")
    run = runner.run(tree, trace=traced)
    unstable = unstable_ids(first.report.collected, run.report.collected) if run.finished else frozenset[str]()
    return Baseline(run, traced, unstable)


def _stored(baseline: Baseline) -> dict[str, Any]:
    run, report = baseline.run, baseline.run.report
    number = {name: n for n, name in enumerate(report.collected)}
    return {
        "state": run.state, "duration_ms": run.duration_ms, "detail": run.detail, "traced": baseline.traced,
        "unstable": sorted(baseline.unstable), "runner": report.runner, "collected": report.collected,
        "outcomes": {number[name]: int(outcome) for name, outcome in report.outcomes.items()},
        "collect_errors": [asdict(error) for error in report.collect_errors], "exit_code": report.exit_code,
        "masks": {file: {n: format(mask, "x") for n, mask in masks.items()} for file, masks in report.masks.items()},
        "loaded": sorted(report.loaded), "elsewhere": report.elsewhere, "broken": report.broken,
        "phases": report.phases, "announced": report.announced,
    }  # fmt: skip


def _read(stored: dict[str, Any]) -> Baseline:
    names = stored["collected"]
    report = Report(
        runner=stored["runner"],
        collected=names,
        outcomes={names[int(n)]: Outcome(value) for n, value in stored["outcomes"].items()},
        collect_errors=[CollectError(**error) for error in stored["collect_errors"]],
        broken=stored["broken"],
        masks={file: {int(n): int(mask, 16) for n, mask in masks.items()} for file, masks in stored["masks"].items()},
        loaded=set(stored["loaded"]),
        elsewhere=stored["elsewhere"],
        exit_code=stored["exit_code"],
        phases=stored["phases"],
        announced=stored["announced"],
    )
    run = Run(RunState(stored["state"]), report, stored["duration_ms"], stored["detail"])
    return Baseline(run, tuple(stored["traced"]), frozenset(stored["unstable"]))
