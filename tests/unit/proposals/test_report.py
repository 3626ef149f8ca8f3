"""Reports are read as untrusted data."""

import json
from typing import Any

import pytest

from sigma_core.projects.sandbox import Execution, ExecutionEnding, Grade
from sigma_core.proposals.verification.report import Report, ReportedOutcome, read_report
from sigma_core.proposals.verification.suite_run import judged

NONCE = "s3cret"


def read(*records: dict[str, Any] | bytes, files: tuple[str, ...] = ("a.py",)) -> Report:
    lines = [
        each if isinstance(each, bytes) else f"{NONCE} {json.dumps({'n': number, **each})}".encode()
        for number, each in enumerate(records, 1)
    ]
    return read_report(b"\n".join(lines) + b"\n", NONCE, files)


COLLECTED = {"t": "collected", "ids": ["one", "two"]}


def phase(number: int, outcome: str, when: str = "call", **more: Any) -> dict[str, Any]:
    return {"t": "phase", "i": number, "when": when, "outcome": outcome, **more}


def test_the_worst_of_all_reports_of_a_test_counts() -> None:
    report = read(COLLECTED, phase(0, "failed"), phase(0, "passed"), phase(1, "passed"), phase(1, "failed", "teardown"))
    assert report.outcomes == {"one": ReportedOutcome.FAILED, "two": ReportedOutcome.ERROR}


def test_a_test_that_was_only_set_up_has_no_outcome() -> None:
    report = read(COLLECTED, phase(0, "passed", "setup"), phase(1, "passed"), {"t": "end", "code": 0})
    assert not report.whole
    assert report.first_missing == "one"


def test_a_whole_report_has_every_test_and_every_record_once() -> None:
    results = (COLLECTED, phase(0, "passed"), phase(1, "skipped", "setup"))
    assert read(*results, {"t": "end", "code": 0}).whole
    assert not read(*results, {"t": "end", "code": 0, "n": 5}).whole
    assert not read(*results, phase(1, "passed", n=3), {"t": "end", "code": 0}).whole
    assert not read(*results, b"s3cret [1, 2]", {"t": "end", "code": 0}).whole
    assert not read(*results).whole


@pytest.mark.parametrize(
    ("code", "results", "said"),
    [
        (0, [phase(0, "passed"), phase(1, "passed")], ""),
        (1, [phase(0, "passed"), phase(1, "failed")], ""),
        (1, [phase(0, "passed"), phase(1, "passed")], "every test in its report passed"),
        (0, [phase(0, "passed"), phase(1, "failed")], "and two failed"),
        (0, [phase(0, "passed"), phase(1, "passed", raised="AssertionError")], "and two failed"),
        (0, [phase(0, "passed"), phase(1, "rerun"), phase(1, "passed")], ""),
    ],
)
def test_exit_code_and_outcomes_have_to_agree(code: int, results: list[dict[str, Any]], said: str) -> None:
    assert said in read(COLLECTED, *results, {"t": "end", "code": code}).contradiction
    assert bool(said) is bool(read(COLLECTED, *results, {"t": "end", "code": code}).contradiction)


def test_a_test_that_raised_has_failed_whatever_was_made_of_it() -> None:
    report = read(COLLECTED, phase(0, "passed", raised="ValueError"), phase(1, "passed", raised="E", xfail=True))
    assert report.outcomes == {"one": ReportedOutcome.FAILED, "two": ReportedOutcome.PASSED}
    assert report.failures == {"one": "ValueError, reported as passed"}


def test_a_test_that_a_plug_in_runs_again_has_failed() -> None:
    report = read(COLLECTED, phase(0, "rerun", text="assert 1 == 2"), phase(0, "passed"), phase(1, "passed"))
    assert report.outcomes == {"one": ReportedOutcome.FAILED, "two": ReportedOutcome.PASSED}
    assert report.shaky == {"one"}


def test_what_does_not_carry_the_nonce_is_not_heard() -> None:
    forged = json.dumps(phase(0, "passed")).encode()
    report = read(COLLECTED, forged, b"guess " + forged, b"\xff\x00" * 100, b"s3cret")
    assert report.outcomes == {}


def test_expected_failures_are_told_from_skips() -> None:
    report = read(COLLECTED, phase(0, "skipped", xfail=True), phase(1, "skipped"))
    assert report.outcomes == {"one": ReportedOutcome.XFAILED, "two": ReportedOutcome.SKIPPED}


def test_executed_lines_are_looked_up_by_test() -> None:
    lines = ({"t": "lines", "i": 1, "files": {"0": format(1 << 7, "x")}}, {"t": "lines", "i": -1, "files": {"0": "2"}})
    report = read(COLLECTED, *lines)
    assert report.tests_executing("a.py", 1 << 7 | 1 << 8) == {"two"}
    assert report.outside_executes("a.py", 1 << 1)
    assert not report.outside_executes("a.py", 1 << 7)


@pytest.mark.parametrize(
    "record",
    [
        {"t": "phase", "i": 99, "outcome": "passed"},
        {"t": "phase", "i": "0", "outcome": "passed"},
        {"t": "phase"},
        {"t": "collected", "ids": "all"},
        {"t": "lines", "i": 0, "files": {"7": "ff", "0": "no", "-1": "1"}},
        {"t": "lines", "i": None, "files": []},
        {"t": "modules", "loaded": {"x": 1}, "elsewhere": [1]},
        {"t": "end", "code": None},
        {"t": ["end"]},
        b"s3cret [1, 2]",
        b"s3cret " + b"[" * 100_000,
        b"s3cret " + b"9" * 10_000,
    ],
)
def test_malformed_records_are_left_out(record: dict[str, Any] | bytes) -> None:
    report = read(COLLECTED, record)
    assert report.collected == ["one", "two"]
    assert report.outcomes == {}
    assert report.masks == {}
    assert not report.whole


def test_a_second_collection_cannot_rename_the_tests() -> None:
    assert read(COLLECTED, {"t": "collected", "ids": ["other"]}).collected == ["one", "two"]


@pytest.mark.parametrize(
    ("lines", "why"),
    [
        (
            "ImportError while loading conftest '/shop/conftest.py'.\nconftest.py:8: in <module>\n    import shop\n"
            "shop.py:51: in <module>\n    warn(name)\nE   DeprecationWarning: The alias is deprecated.\n",
            "DeprecationWarning: The alias is deprecated.",
        ),
        (
            "ImportError while loading conftest '/shop/conftest.py'.\nE   ModuleNotFoundError: No module named 'ham'\n",
            "ModuleNotFoundError: No module named 'ham'",
        ),
        ("E   shop.Closed: on Sundays\n", "shop.Closed: on Sundays"),
        ("Traceback (most recent call last):\nKeyError: 'HOME'\n", "KeyError: 'HOME'"),
        ("ERROR: usage: pytest\npytest: error: no such option: --cov\n", "pytest: error: no such option: --cov"),
    ],
)
def test_of_a_runner_that_cannot_start_the_line_is_told_that_says_why(lines: str, why: str) -> None:
    report = read({"t": "end", "code": 4})
    run = judged(Execution(Grade.FULL, ExecutionEnding.EXIT, 4, 1, lines), report)
    assert run.detail == f"The test runner could not work (exit code 4). {why}"
