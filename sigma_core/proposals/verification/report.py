"""What the probe reported, read as untrusted, bounded data."""

import json
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from enum import IntEnum
from functools import cached_property
from typing import Any

MAX_TESTS = 500_000
MAX_ID = 2000
_MAX_TEXT = 500
_MAX_BITS = 1_000_000
_LONGEST_S = 86_400
ENDLESS = "It does not end within the time limit of a test, or ends the whole run."
OUTSIDE = -1
"""The test number of what runs outside any test."""


class ReportedOutcome(IntEnum):
    """How a test came out, best first: the worst of all its reports counts."""

    PASSED = 0
    XFAILED = 1
    SKIPPED = 2
    FAILED = 3
    ERROR = 4


@dataclass(frozen=True)
class CollectError:
    """A file of tests that could not be loaded."""

    place: str
    text: str


@dataclass
class Report:
    """One run as the probe told it. `masks` holds executed lines as bits: file → test number → lines."""

    runner: str | None = None
    collected: list[str] = field(default_factory=list)
    outcomes: dict[str, ReportedOutcome] = field(default_factory=dict)
    failures: dict[str, str] = field(default_factory=dict)
    """Test id → the line that says why it failed."""
    seconds: dict[str, float] = field(default_factory=dict)
    """Test id → how long it took, as it said itself."""
    collect_errors: list[CollectError] = field(default_factory=list)
    broken: str | None = None
    """Why the runner itself gave up."""
    masks: dict[str, dict[int, int]] = field(default_factory=dict)
    loaded: set[str] = field(default_factory=set)
    elsewhere: dict[str, str] = field(default_factory=dict)
    """Files of which the tests imported another copy, and which."""
    exit_code: int | None = None
    """As the probe said at its end; None when it did not get there."""
    gapless: bool = True
    """No record is missing, malformed or there twice, by the numbers they bear."""
    shaky: set[str] = field(default_factory=set)
    """Tests that failed and were run again by a plug-in: they count as failed, though the runner does not think so."""

    @property
    def whole(self) -> bool:
        """Every collected test has an outcome, and all that the probe sent is what arrived."""
        ended = self.exit_code is not None and self.gapless
        return ended and all(name in self.outcomes for name in self.collected)

    @property
    def contradiction(self) -> str:
        """In what exit code and outcomes do not agree; empty if they do."""
        failed = [name for name, outcome in self.outcomes.items() if outcome >= ReportedOutcome.FAILED]
        telling = [name for name in failed if name not in self.shaky] + [each.place for each in self.collect_errors]
        if self.exit_code == 0 and telling:
            return f"the runner ended as if all were well (exit code 0), and {telling[0]} failed"
        if self.exit_code == 1 and not failed and not self.collect_errors:
            return "the runner ended with failures (exit code 1), and every test in its report passed"
        return ""

    @property
    def first_missing(self) -> str | None:
        """The first test without outcome: where a run that stopped was."""
        return next((name for name in self.collected if name not in self.outcomes), None)

    def with_test(self, name: str, alone: "Report") -> "Report":
        """The same with one more test, as a run of it alone told it; a failure where that one told nothing."""
        number, whole = len(self.collected), replace(self, collected=[*self.collected, name])
        whole.outcomes = {**self.outcomes, name: alone.outcomes.get(name, ReportedOutcome.FAILED)}
        whole.failures = {**self.failures, name: alone.failures.get(name, ENDLESS)}
        own = {file: masks.get(0, 0) for file, masks in alone.masks.items()}
        whole.masks = {file: {**self.masks.get(file, {}), number: own.get(file, 0)} for file in {*self.masks, *own}}
        return whole

    def tests_executing(self, file: str, mask: int) -> set[str]:
        """Tests that execute any of the lines."""
        by_test = self.masks.get(file, {})
        return {
            self.collected[number]
            for number, lines in by_test.items()
            if lines & mask and 0 <= number < len(self.collected)
        }

    @cached_property
    def breadth(self) -> Mapping[str, int]:
        """How many lines each test executes, of the files that were followed."""
        found: dict[str, int] = {}
        for masks in self.masks.values():
            for number, lines in masks.items():
                if 0 <= number < len(self.collected):
                    name = self.collected[number]
                    found[name] = found.get(name, 0) + lines.bit_count()
        return found

    def outside_executes(self, file: str, mask: int) -> bool:
        """Does anything outside the tests, an import mostly, execute any of the lines?"""
        return bool(self.masks.get(file, {}).get(OUTSIDE, 0) & mask)


def read_report(data: bytes, nonce: str, files: Sequence[str]) -> Report:
    """The records that carry the nonce; what is malformed is left out, so the report is then not whole.

    `files` are those the probe was asked to trace, in the order of its plan.
    """
    return with_records(records(data, nonce), files, Report())


def with_records(found: Iterable[Mapping[str, Any]], files: Sequence[str], report: Report) -> Report:
    """The report with what these records add to it: all records of one process, which are numbered from one on."""
    for number, record in enumerate(found, 1):
        report.gapless &= record.get("n") == number
        handler = _HANDLERS.get(str(record.get("t")))
        if handler is not None:
            handler(report, record, files)
    return report


def records(data: bytes, nonce: str) -> Iterator[dict[str, Any]]:
    """One for each line with the nonce, empty where it holds no record."""
    prefix = nonce.encode() + b" "
    for line in data.split(b"\n"):
        if not line.startswith(prefix):
            continue
        try:
            record = json.loads(line[len(prefix) :])
        except (ValueError, RecursionError):
            record = None
        yield record if isinstance(record, dict) else {}


def _begin(report: Report, record: Mapping[str, Any], _files: Sequence[str]) -> None:
    report.runner = _text(record.get("runner"))


def _collected(report: Report, record: Mapping[str, Any], _files: Sequence[str]) -> None:
    ids = record.get("ids")
    # A second collection would let later code rename the tests
    if isinstance(ids, list) and not report.collected and len(ids) <= MAX_TESTS:
        report.collected = [each[:MAX_ID] for each in ids if isinstance(each, str)]


def _collect_error(report: Report, record: Mapping[str, Any], _files: Sequence[str]) -> None:
    place = _text(record.get("id")) or "(unnamed)"
    if len(report.collect_errors) < MAX_TESTS:
        report.collect_errors.append(CollectError(place, _text(record.get("text"))))


def _broken(report: Report, record: Mapping[str, Any], _files: Sequence[str]) -> None:
    report.broken = _text(record.get("text")) or "no reason given"


def _phase(report: Report, record: Mapping[str, Any], _files: Sequence[str]) -> None:
    number = record.get("i")
    if not isinstance(number, int) or not 0 <= number < len(report.collected):
        return
    name = report.collected[number]
    if isinstance(took := record.get("s"), float | int) and 0 <= took < _LONGEST_S:
        report.seconds[name] = report.seconds.get(name, 0) + took
    if record.get("outcome") == "rerun":
        report.shaky.add(name)
    outcome = _outcome(record)
    if outcome is None:
        return
    report.outcomes[name] = max(outcome, report.outcomes.get(name, ReportedOutcome.PASSED))
    if outcome >= ReportedOutcome.FAILED:
        raised = _text(record.get("raised"))
        report.failures.setdefault(name, _text(record.get("text")) or f"{raised}, reported as {record['outcome']}")


def _outcome(record: Mapping[str, Any]) -> ReportedOutcome | None:
    """None: the phase says nothing about the test (it was set up)."""
    when, said = record.get("when"), record.get("outcome")
    if said == "failed":
        return ReportedOutcome.FAILED if when == "call" else ReportedOutcome.ERROR
    if said == "rerun":
        # It failed, and a plug-in gives it another chance: we do not
        return ReportedOutcome.FAILED
    if said == "skipped":
        return ReportedOutcome.XFAILED if record.get("xfail") is True else ReportedOutcome.SKIPPED
    if said != "passed" or when != "call":
        return None
    # What was seen of the test itself goes before what was made of it
    return (
        ReportedOutcome.FAILED if record.get("raised") and record.get("xfail") is not True else ReportedOutcome.PASSED
    )


def _lines(report: Report, record: Mapping[str, Any], files: Sequence[str]) -> None:
    number, masks = record.get("i"), record.get("files")
    if not isinstance(number, int) or not isinstance(masks, dict):
        return
    for key, text in masks.items():
        file = _file(key, files)
        mask = _mask(text)
        if file is not None and mask:
            by_test = report.masks.setdefault(file, {})
            by_test[number] = by_test.get(number, 0) | mask


def _modules(report: Report, record: Mapping[str, Any], files: Sequence[str]) -> None:
    loaded, elsewhere = record.get("loaded"), record.get("elsewhere")
    if isinstance(loaded, list):
        report.loaded = {file for key in loaded if (file := _file(key, files)) is not None}
    if isinstance(elsewhere, dict):
        places = {_file(key, files): _text(place) for key, place in elsewhere.items()}
        report.elsewhere = {file: place for file, place in places.items() if file is not None}


def _end(report: Report, record: Mapping[str, Any], _files: Sequence[str]) -> None:
    code = record.get("code")
    if isinstance(code, int):
        report.exit_code = code


def _file(key: object, files: Sequence[str]) -> str | None:
    text = str(key)
    number = int(text) if text.isascii() and text.isdigit() and len(text) < 8 else -1
    return files[number] if 0 <= number < len(files) else None


def _mask(text: object) -> int:
    if not isinstance(text, str) or len(text) > _MAX_BITS // 4:
        return 0
    try:
        return int(text, 16)
    except ValueError:
        return 0


def _text(value: object) -> str:
    return value[:_MAX_TEXT] if isinstance(value, str) else ""


_HANDLERS: Mapping[str, Callable[[Report, Mapping[str, Any], Sequence[str]], None]] = {
    "begin": _begin,
    "collected": _collected,
    "collect_error": _collect_error,
    "broken": _broken,
    "phase": _phase,
    "lines": _lines,
    "modules": _modules,
    "end": _end,
}
