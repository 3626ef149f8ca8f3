"""A judgement moves a severity by one grade at most, and only where it is sure."""

from dataclasses import replace
from datetime import UTC, datetime

import pytest

from sigma_core.database import Database
from sigma_core.issues import triage
from sigma_core.issues.finding import Found
from sigma_core.issues.service import Issues
from sigma_core.issues.tables import Severity
from sigma_core.issues.triage import SeverityAssessment, moved, priority_of
from sigma_core.projects.tables import Project

NOW = datetime(2026, 1, 1, tzinfo=UTC)
GRAVE = SeverityAssessment(Severity.CRITICAL, 0.9, "It loses data.", 0.8, {"model": "m-1"})


@pytest.fixture
def book(database: Database) -> Issues:
    with database.transaction() as session:
        session.add(Project(id=1, name="p", path="/p", head="c1", created_at=NOW))
    return Issues(database, lambda: NOW)


def found(name: str, severity: Severity = Severity.WARNING) -> Found:
    return Found("ruff", "F401", "bug", severity, f"{name}.py", 3, 3, "unused", fingerprint=name)


@pytest.mark.parametrize(
    ("found", "judged", "counts"),
    [("info", "critical", "warning"), ("critical", "info", "error"), ("error", "error", "error")],
)
def test_one_grade_at_most(found: str, judged: str, counts: str) -> None:
    assert moved(Severity(found), replace(GRAVE, severity=Severity(judged))) == counts


def test_what_is_not_sure_moves_nothing() -> None:
    assert moved(Severity.ERROR, replace(GRAVE, confidence=0.49)) == Severity.ERROR


def test_only_the_worst_of_the_new_ones_wait_and_each_once(book: Issues, database: Database) -> None:
    book.update(1, "c1", [found("a"), found("b", Severity.ERROR), found("c", Severity.INFO)])
    with database.transaction() as session:
        triage.mark(session, 1, "c1", most=2)
        names = [issue.fingerprint for issue in triage.waiting(session, 1, most=9)]
        assert names == ["b", "a"]
        assert triage.occurrences(session, 1)["F401"] == 3
        worst = triage.waiting(session, 1, most=1)[0]
        assert triage.settle(session, worst.id, GRAVE) is worst
        assert triage.settle(session, worst.id, GRAVE) is None
        triage.mark(session, 1, "c1", most=1)
        assert [issue.fingerprint for issue in triage.waiting(session, 1, most=9)] == ["a"]
        triage.settle(session, triage.waiting(session, 1, most=1)[0].id, None)
    with database.reading() as session:
        assert triage.waiting(session, 1, most=9) == []
    assert [(issue.fingerprint, issue.severity, issue.priority) for issue in book.list(1)] == [
        ("b", "critical", 0.9),
        ("a", "warning", None),
        ("c", "info", None),
    ]


def test_a_judgement_holds_while_the_detector_says_the_same(book: Issues, database: Database) -> None:
    (key,) = book.update(1, "c1", [found("a")]).opened
    with database.transaction() as session:
        triage.mark(session, 1, "c1", most=1)
        triage.settle(session, key, GRAVE)
    book.update(1, "c2", [found("a")])
    again = book.get(key)
    assert (again.severity, again.found_severity, again.priority) == ("error", "warning", 0.9)
    book.update(1, "c3", [found("a", Severity.INFO)])
    changed = book.get(key)
    assert (changed.severity, changed.priority, changed.judgement) == ("info", None, None)


def test_of_one_severity_what_is_judged_pressing_is_mended_first(book: Issues, database: Database) -> None:
    book.update(1, "c1", [found("a"), found("b")])
    with database.transaction() as session:
        triage.mark(session, 1, "c1", most=2)
        _, second = triage.waiting(session, 1, most=2)
        triage.settle(session, second.id, replace(GRAVE, severity=Severity.WARNING))
    assert [issue.fingerprint for issue in book.worst_open(1, 9)] == ["b", "a"]
    assert [issue.fingerprint for issue in book.worst_open(1, 9, acceptance={"F401": 0.0})] == ["a", "b"]
    assert priority_of("warning", None) == 0.375
