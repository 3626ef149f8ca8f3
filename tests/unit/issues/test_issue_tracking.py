"""Issues over commits, on both databases."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import event, func, select
from sqlmodel import col

from sigma_core.audit import AuditEntry
from sigma_core.database import Database
from sigma_core.errors import Conflict, Invalid, NotFound
from sigma_core.issues.finding import Edit, Fix, Found
from sigma_core.issues.fingerprint import with_fingerprints
from sigma_core.issues.service import Issues
from sigma_core.issues.source import SourceFile
from sigma_core.issues.tables import Issue, IssueState, Severity
from sigma_core.issues.tracking import Changes
from sigma_core.projects.tables import Project

START = datetime(2026, 1, 1, tzinfo=UTC)
FIX = Fix("safe", (Edit(1, 1, 2, 1, ""),), "Remove it")


class Hands:
    """A clock that a test moves."""

    def __init__(self) -> None:
        self.now = START

    def __call__(self) -> datetime:
        return self.now


@pytest.fixture
def clock() -> Hands:
    return Hands()


@pytest.fixture
def book(database: Database, clock: Hands) -> Issues:
    with database.transaction() as session:
        for number in (1, 2):
            session.add(Project(id=number, name=f"p{number}", path="/p", head="c0", created_at=START))
    return Issues(database, clock)


def found(name: str, **changes: object) -> Found:
    base = Found("ruff", "F401", "dead_code", Severity.INFO, "shop.py", 3, 3, f"`{name}` unused", fingerprint=name)
    return replace(base, **changes)  # type: ignore[arg-type]


def states(book: Issues) -> dict[str, str]:
    return {issue.fingerprint: issue.state for issue in book.list(1)}


def test_issues_open_close_and_reopen_by_fingerprint(book: Issues, clock: Hands) -> None:
    first = book.update(1, "c1", [found("a"), found("b")])
    assert first.counts == {"opened": 2, "fixed": 0, "reopened": 0, "still_open": 0}
    clock.now += timedelta(hours=1)
    second = book.update(1, "c2", [found("b", line=9, end_line=9)])
    a, b = first.opened
    assert second == Changes(fixed=(a,), still_open=(b,))
    assert book.get(b).line == 9
    assert (book.get(a).state, book.get(a).seen_commit, book.get(a).changed_at) == ("fixed", "c1", clock.now)
    assert book.update(1, "c3", [found("a"), found("b")]) == Changes(reopened=(a,), still_open=(b,))
    assert states(book) == {"a": "reopened", "b": "open"}
    assert book.update(1, "c4", [found("b")]).fixed == (a,)


def test_the_same_commit_again_changes_nothing(book: Issues, database: Database, clock: Hands) -> None:
    book.update(1, "c1", [found("a", fix=FIX), found("b")])
    with database.reading() as session:
        before = [issue.model_dump() for issue in session.scalars(select(Issue))]
    clock.now += timedelta(hours=1)
    again = book.update(1, "c1", [found("a", fix=FIX), found("b")])
    assert again.counts == {"opened": 0, "fixed": 0, "reopened": 0, "still_open": 2}
    with database.reading() as session:
        assert [issue.model_dump() for issue in session.scalars(select(Issue))] == before


def test_projects_do_not_touch_each_other(book: Issues) -> None:
    book.update(1, "c1", [found("a")])
    book.update(2, "d1", [])
    assert book.counts(1)["open"] == 1
    assert book.counts(2)["open"] == 0


def test_an_issue_in_a_file_that_could_not_be_read_is_not_closed(book: Issues) -> None:
    book.update(1, "c1", [found("a"), found("b", file="other.py")])
    changes = book.update(1, "c2", [], unread={"shop.py"})
    assert changes.counts == {"opened": 0, "fixed": 1, "reopened": 0, "still_open": 1}
    assert states(book) == {"a": "open", "b": "fixed"}


def test_an_ignored_issue_stays_ignored_until_somebody_says_otherwise(book: Issues, database: Database) -> None:
    (key,) = book.update(1, "c1", [found("a")]).opened
    assert book.ignore(key, "re-export", "ann").state == IssueState.IGNORED
    assert book.update(1, "c2", [found("a")]) == Changes()
    assert book.update(1, "c3", []) == Changes()
    assert (book.get(key).state, book.get(key).note) == ("ignored", "re-export")
    assert book.unignore(str(key), "ann").state == IssueState.REOPENED
    assert book.update(1, "c4", []).fixed == (key,)
    with database.reading() as session:
        acts = session.execute(select(col(AuditEntry.action), col(AuditEntry.actor), col(AuditEntry.object))).all()
    assert [tuple(act) for act in acts] == [
        ("issue.ignore", "ann", f"issue/{key}"),
        ("issue.unignore", "ann", f"issue/{key}"),
    ]


def test_what_cannot_be_done_is_said(book: Issues) -> None:
    (key,) = book.update(1, "c1", [found("a")]).opened
    with pytest.raises(Invalid, match="Say why"):
        book.ignore(key, "  ", "ann")
    with pytest.raises(Conflict, match="is not ignored"):
        book.unignore(key, "ann")
    with pytest.raises(Invalid, match="reopened, ignored"):
        book.list(state="closed")
    for malformed in ("x", "-1", "1.5", "99999999999999999999", "²", 10**12):
        with pytest.raises(NotFound):
            book.get(malformed)


def test_what_is_grave_and_welcome_comes_first_and_what_is_unwelcome_sinks(book: Issues) -> None:
    book.update(
        1,
        "c1",
        [
            found("info", fix=FIX),
            found("critical", rule="syntax-error", severity=Severity.CRITICAL),
            found("welcome", rule="UP031", severity=Severity.WARNING, fix=FIX),
            found("unwelcome", rule="SIM105", severity=Severity.WARNING, fix=FIX),
            found("unknown", rule="B006", severity=Severity.WARNING, fix=FIX),
        ],
    )
    rates = {"UP031": 0.9, "SIM105": 0.1}
    worst = book.worst_open(1, 5, acceptance=rates)
    assert [issue.fingerprint for issue in worst] == ["critical", "welcome", "unknown", "info", "unwelcome"]
    fixable = book.worst_open(1, 9, acceptance=rates, with_fix=True, without={worst[1].id or 0})
    assert [issue.fingerprint for issue in fixable] == ["unknown", "info", "unwelcome"]
    assert Fix.from_json(fixable[0].fix or {}) == FIX


def test_counts_name_every_state_and_severity(book: Issues) -> None:
    book.update(1, "c1", [found("a"), found("b", severity=Severity.ERROR)])
    book.update(1, "c2", [found("b", severity=Severity.ERROR)])
    assert book.counts() == {"open": 1, "fixed": 1, "reopened": 0, "ignored": 0}
    assert book.census(1)[1] == {"info": 0, "warning": 0, "error": 1, "critical": 0}


def test_issues_are_listed_in_pages_worst_first(book: Issues) -> None:
    book.update(1, "c1", [found(f"i{n}", line=n) for n in range(1, 6)] + [found("e", severity=Severity.ERROR)])
    assert [issue.fingerprint for issue in book.list(1, limit=2)] == ["e", "i1"]
    assert [issue.fingerprint for issue in book.list(1, "open", limit=2, offset=4)] == ["i4", "i5"]


def test_an_update_joins_the_callers_transaction(book: Issues, database: Database) -> None:
    def change_my_mind() -> None:
        with database.transaction() as session:
            book.update(1, "c1", [found("a")], session=session)
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        change_my_mind()
    assert book.list(1) == []


def test_thousands_of_findings_need_few_statements(book: Issues, database: Database) -> None:
    many = [found(f"f{n}", line=n, fix=FIX) for n in range(3000)]
    statements: list[str] = []
    event.listen(database.engine, "before_cursor_execute", lambda *a: statements.append(a[2]))
    book.update(1, "c1", many)
    book.update(1, "c2", many[:1500])
    assert len(statements) < 20
    with database.reading() as session:
        assert session.scalar(select(func.count()).where(col(Issue.state) == "fixed")) == 1500


def marked(file: str) -> list[Found]:
    """Two equal findings and another one, as they are told apart in a file of this path."""
    source = SourceFile(file, "import os\nimport os\nimport sys\n")
    lines = {1: "os", 2: "os", 3: "sys"}
    return with_fingerprints(
        source, [found("", file=file, line=line, end_line=line, message=name) for line, name in lines.items()]
    )


def test_issues_go_with_their_file_when_it_is_renamed(book: Issues) -> None:
    first, second, third = book.update(1, "c1", marked("old/shop.py")).opened
    book.ignore(second, "as it should be", "ann")
    moved = book.update(1, "c2", marked("new/shop.py"), renamed={"new/shop.py": "old/shop.py"})
    assert (moved.opened, moved.fixed, moved.still_open) == ((), (), (first, third))
    assert [(issue.file, issue.state) for issue in book.list(1)] == [
        ("new/shop.py", "open"),
        ("new/shop.py", "ignored"),
        ("new/shop.py", "open"),
    ]
    assert book.get(second).note == "as it should be"
    again = book.update(1, "c3", marked("new/shop.py"))
    assert (again.opened, again.still_open) == ((), (first, third))


def test_a_file_that_only_looks_like_another_has_issues_of_its_own(book: Issues) -> None:
    book.update(1, "c1", marked("old/shop.py"))
    both = book.update(
        1, "c2", [*marked("old/shop.py"), *marked("new/shop.py")], renamed={"new/shop.py": "old/shop.py"}
    )
    assert (len(both.opened), len(both.still_open)) == (3, 3)


def test_what_a_detector_found_stays_as_it_was_where_it_fails(book: Issues) -> None:
    book.update(1, "c1", [found("a"), found("b", detector="shouting")])
    assert book.update(1, "c2", [], silent=["shouting"]).counts["still_open"] == 1
    assert states(book) == {"a": IssueState.FIXED, "b": IssueState.OPEN}
    assert book.update(1, "c3", []).counts["fixed"] == 1
