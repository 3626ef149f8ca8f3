"""The base's own test results, measured once and kept."""

import gzip
import json
import os
import tempfile
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from hashlib import sha256
from pathlib import Path
from typing import Any

from sigma_core.proposals.evidence import SuiteRunState
from sigma_core.proposals.verification.comparison import unstable_ids
from sigma_core.proposals.verification.report import CollectError, Report, ReportedOutcome
from sigma_core.proposals.verification.runs import TestRunner
from sigma_core.proposals.verification.suite_run import SuiteRun

Say = Callable[[str], None]
_MOST_STUCK = 3
"""A base with more tests that do not end does not run to its end."""
_TRACE_ALL_LINES = 30_000
"""Up to so many lines every file of the project is traced at once, so that later changes need no new run."""


@dataclass(frozen=True)
class Baseline:
    """A run of the base: what it said, and in which files lines were recorded."""

    run: SuiteRun
    traced: tuple[str, ...]
    unstable: frozenset[str] | None = None
    """Ids that another collection of the base does not have, or has instead; None until somebody had to know."""
    stuck: tuple[str, ...] = ()
    """Tests that do not end, or end the whole run: they count as failed, and the others run without them."""


class BaselineCache:
    """Baselines in the home, one compressed file each. A file that cannot be read counts as absent."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def find(self, key: Sequence[str]) -> Baseline | None:
        """The baseline under this key."""
        path = self._path(key)
        try:
            os.utime(path)  # it is in use: see `forget`
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

    def forget(self, unused_since: float) -> int:
        """Remove those that nobody has asked for since then (a Unix time); how many they were."""
        old = [path for path in self._folder.glob("*/*") if path.stat().st_mtime < unused_since]
        for path in old:
            path.unlink(missing_ok=True)
        return len(old)

    def _path(self, key: Sequence[str]) -> Path:
        digest = sha256("\0".join(key).encode("utf-8", "surrogateescape")).hexdigest()
        return self._folder / digest[:2] / f"{digest}.json.gz"


class Baselines:
    """The baseline of one commit and setting: found, else measured and kept."""

    def __init__(self, cache: BaselineCache, key: Sequence[str], runner: TestRunner, tree: Path, say: Say) -> None:
        self._cache, self._key, self._runner, self._tree, self._say = cache, key, runner, tree, say

    def get(self, asked: Collection[str], others: Callable[[], Mapping[str, int]]) -> Baseline:
        """With lines recorded in `asked`, and in `others` (path → number of lines) if they are not too many."""
        known = self._cache.find(self._key)
        if known is not None and (set(asked) <= set(known.traced) or not known.run.finished):
            self._say("the tests of the base are known already")
            self._runner.leave_out(known.stuck)
            return known
        wanted = {*asked, *(known.traced if known else ())}
        more = others()
        traced = wanted | more.keys() if sum(more.values()) <= _TRACE_ALL_LINES else wanted
        self._say("running the tests of the base")
        run, stuck = self._run(traced, known.stuck if known else ())
        if run.state is SuiteRunState.REFUSED and traced > wanted:
            # Too many tests for the lines of every file
            traced = wanted
            run, stuck = self._run(traced, stuck)
        return self._keep(Baseline(run, tuple(sorted(traced)), known.unstable if known else None, stuck))

    def _run(self, traced: Collection[str], stuck: tuple[str, ...]) -> tuple[SuiteRun, tuple[str, ...]]:
        """All tests but those that keep the others from being run, which are found one by one."""
        while True:
            self._runner.leave_out(stuck)
            run = self._runner.run(self._tree, trace=sorted(traced))
            culprit = run.report.first_missing if run.state is SuiteRunState.CRASHED else None
            if culprit is None or len(stuck) == _MOST_STUCK:
                return with_failed(run, stuck), stuck
            self._say(f"running the tests of the base without {culprit}, which does not end")
            stuck = (*stuck, culprit)

    def with_unstable(self, baseline: Baseline) -> Baseline:
        """The same, with the ids known that change from one collection of the base to the next."""
        if baseline.unstable is not None:
            return baseline
        self._say("collecting the tests of the base again")
        again = self._runner.run(self._tree, collect_only=True)
        return self._keep(
            replace(baseline, unstable=unstable_ids(baseline.run.report.collected, again.report.collected))
        )

    def _keep(self, baseline: Baseline) -> Baseline:
        self._cache.keep(self._key, baseline)
        return baseline


def with_failed(run: SuiteRun, stuck: Sequence[str]) -> SuiteRun:
    """The run with these tests as failed ones."""
    if not stuck or not run.finished:
        return run
    report = run.report
    for name in stuck:
        report = report.with_test(name, Report())
    return replace(run, report=report, state=SuiteRunState.FAILED)


def _stored(baseline: Baseline) -> dict[str, Any]:
    run, report = baseline.run, baseline.run.report
    number = {name: n for n, name in enumerate(report.collected)}
    return {
        "state": run.state,
        "duration_ms": run.duration_ms,
        "detail": run.detail,
        "traced": baseline.traced,
        "stuck": list(baseline.stuck),
        "unstable": None if baseline.unstable is None else sorted(baseline.unstable),
        "runner": report.runner,
        "collected": report.collected,
        "outcomes": {number[name]: int(outcome) for name, outcome in report.outcomes.items()},
        "failures": {number[name]: text for name, text in report.failures.items() if name in number},
        "seconds": {number[name]: took for name, took in report.seconds.items()},
        "collect_errors": [asdict(error) for error in report.collect_errors],
        "exit_code": report.exit_code,
        "masks": {file: {n: format(mask, "x") for n, mask in masks.items()} for file, masks in report.masks.items()},
        "loaded": sorted(report.loaded),
        "elsewhere": report.elsewhere,
        "broken": report.broken,
        "gapless": report.gapless,
        "shaky": sorted(report.shaky),
    }


def _read(stored: dict[str, Any]) -> Baseline:
    names = stored["collected"]
    report = Report(
        runner=stored["runner"],
        collected=names,
        outcomes={names[int(n)]: ReportedOutcome(value) for n, value in stored["outcomes"].items()},
        failures={names[int(n)]: text for n, text in stored["failures"].items()},
        seconds={names[int(n)]: float(took) for n, took in stored["seconds"].items()},
        collect_errors=[CollectError(**error) for error in stored["collect_errors"]],
        broken=stored["broken"],
        masks={file: {int(n): int(mask, 16) for n, mask in masks.items()} for file, masks in stored["masks"].items()},
        loaded=set(stored["loaded"]),
        elsewhere=stored["elsewhere"],
        exit_code=stored["exit_code"],
        gapless=stored["gapless"],
        shaky=set(stored["shaky"]),
    )
    run = SuiteRun(SuiteRunState(stored["state"]), report, stored["duration_ms"], stored["detail"])
    unstable = stored["unstable"]
    return Baseline(
        run, tuple(stored["traced"]), None if unstable is None else frozenset(unstable), tuple(stored["stuck"])
    )
