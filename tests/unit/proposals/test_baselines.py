"""Baselines kept in the home."""

import os
from pathlib import Path

from sigma_core.proposals.evidence import SuiteRunState
from sigma_core.proposals.verification.baseline import Baseline, BaselineCache
from sigma_core.proposals.verification.report import Report, ReportedOutcome
from sigma_core.proposals.verification.suite_run import SuiteRun

BASELINE = Baseline(
    SuiteRun(SuiteRunState.PASSED, Report(collected=["t"], outcomes={"t": ReportedOutcome.PASSED}), 5), ("a.py",)
)


def test_a_baseline_comes_back_as_it_was_kept(tmp_path: Path) -> None:
    cache = BaselineCache(tmp_path)
    assert cache.find(("commit",)) is None
    cache.keep(("commit",), BASELINE)
    assert cache.find(("commit",)) == BASELINE


def test_one_that_was_cut_short_is_measured_again(tmp_path: Path) -> None:
    cache = BaselineCache(tmp_path)
    cache.keep(("commit",), BASELINE)
    (file,) = tmp_path.glob("*/*")
    file.write_bytes(file.read_bytes()[:-9])
    assert cache.find(("commit",)) is None
    assert list(tmp_path.glob("*/*")) == []


def test_those_that_nobody_asks_for_are_forgotten(tmp_path: Path) -> None:
    cache = BaselineCache(tmp_path)
    for commit in ("old", "in use"):
        cache.keep((commit,), BASELINE)
    for file in tmp_path.glob("*/*"):
        os.utime(file, (1000, 1000))
    assert cache.find(("in use",)) == BASELINE
    assert cache.forget(unused_since=2000) == 1
    assert cache.find(("in use",)) == BASELINE
    assert cache.find(("old",)) is None
