"""Issues as they are looked through, and one whose fix is asked for."""

from datetime import timedelta

import pytest

from sigma_core.clock import utc_now
from sigma_core.database import Database
from sigma_core.errors import Conflict, Invalid
from sigma_core.issues.issue_list import POINTS, WantedIssues
from sigma_core.issues.service import Issues
from sigma_core.issues.tables import Issue, RuleExpectation
from sigma_core.issues.triage import expected_value
from sigma_core.projects.tables import Project


@pytest.fixture
def issues(database: Database) -> Issues:
    """Three open ones in two files, one fixed yesterday, one ignored."""
    now = utc_now()
    with database.transaction() as session:
        session.add(Project(id=1, name="shop", path="/shop", head="a" * 40, created_at=now - timedelta(days=40)))
        session.flush()
        for number, (file, rule, severity, state) in enumerate(
            [
                ("a/x.py", "B006", "warning", "open"),
                ("a/x.py", "B006", "error", "reopened"),
                ("b/y.py", "S608", "critical", "open"),
                ("b/y.py", "E711", "info", "fixed"),
                ("b/y.py", "F401", "info", "ignored"),
            ],
            1,
        ):
            session.add(
                Issue(
                    id=number,
                    project_id=1,
                    fingerprint=str(number),
                    detector="linter",
                    rule=rule,
                    family="bug",
                    file=file,
                    line=number,
                    end_line=number,
                    severity=severity,
                    found_severity=severity,
                    message="Said of it",
                    state=state,
                    opened_commit="a" * 40,
                    seen_commit="a" * 40,
                    opened_at=now - timedelta(days=10),
                    changed_at=now - timedelta(days=1),
                )
            )
    return Issues(database, utc_now)


def test_the_gravest_come_first_whatever_their_names(issues: Issues):
    listed = issues.listed(WantedIssues(1, ("open", "reopened"))).page(None, 10)
    assert [row["severity"] for row in listed] == ["critical", "error", "warning"]
    assert listed[0]["project"] == "shop"


def test_what_nobody_wants_mended_sinks_below_what_is_wanted(issues: Issues, database: Database):
    with database.transaction() as session:
        for rule, wanted in (("S608", 0.1), ("B006", 0.9)):
            session.add(
                RuleExpectation(
                    project_id=1,
                    rule=rule,
                    wanted=wanted,
                    low=wanted,
                    high=wanted,
                    own_trials=1.0,
                    lives=1,
                    fixed_lives=1,
                    pooled=wanted,
                    sources=[],
                    verifies=1.0,
                    seconds=1.0,
                    value=wanted,
                    changed_at=utc_now(),
                )
            )
    listed = issues.listed(WantedIssues(1, ("open", "reopened"))).page(None, 10)
    assert [(row["id"], round(row["expected"], 4)) for row in listed] == [(2, 0.5625), (1, 0.3375), (3, 0.0875)]
    rows = issues.list(1, limit=3)
    known = issues.expected(rows)
    assert [(each.id, round(expected_value(each, known.get(each.id or 0)), 4)) for each in rows] == [
        (row["id"], round(row["expected"], 4)) for row in listed
    ]
    assert [row["id"] for row in issues.listed(WantedIssues(1, ("open",))).page("-severity", 10)] == [3, 1]


def test_words_of_a_search_are_looked_for_in_file_rule_and_message(issues: Issues):
    assert [row["id"] for row in issues.listed(WantedIssues(text="Y.PY s608")).page(None, 10)] == [3]
    assert issues.listed(WantedIssues(text="%")).count() == 0
    with pytest.raises(Invalid, match="severity"):
        WantedIssues(severity="dire")


def test_places_are_counted_with_the_gravest_at_each(issues: Issues):
    places = issues.by_place(WantedIssues(1, ("open", "reopened")))
    assert [(each.file, each.rule, each.number, each.gravest) for each in places] == [
        ("a/x.py", "B006", 2, 2),
        ("b/y.py", "S608", 1, 3),
    ]


def test_the_course_tells_how_many_were_open_at_each_moment(issues: Issues):
    course = issues.course(1)
    assert {len(numbers) for numbers in (course.moments, *course.open.values())} == {POINTS}
    assert (course.open["critical"][0], course.open["critical"][-1]) == (0, 1)
    assert (course.open["info"][-2], course.open["info"][-1]) == (2, 0)


def test_the_course_tells_nothing_of_the_time_before_anybody_looked(issues: Issues, database: Database):
    now = utc_now()
    with database.transaction() as session:
        session.get_one(Project, 1).created_at = now - timedelta(days=5)
    course = issues.course(1)
    assert min(course.moments) >= now - timedelta(days=5)
    assert 1 < len(course.moments) < POINTS
    with database.transaction() as session:
        session.get_one(Project, 1).created_at = now
    assert [numbers[-1:] for numbers in issues.course(1).open.values()] == [[1], [1], [1], [0]]


def test_what_is_asked_for_is_mended_before_what_is_worse(issues: Issues, database: Database):
    with database.transaction() as session:
        issues.want(session, 1, why_withheld=lambda _: None, actor="ann")
    assert next(issue.id for issue in issues.worst_open(1, 3)) == 1
    with database.transaction() as session:
        issues.wanted_no_more(session, [1])
    assert next(issue.id for issue in issues.worst_open(1, 3)) == 3


@pytest.mark.parametrize(("key", "why"), [(4, None), (1, "it is taste")])
def test_a_fix_that_nobody_will_write_cannot_be_asked_for(
    issues: Issues, database: Database, key: int, why: str | None
):
    with pytest.raises(Conflict), database.transaction() as session:
        issues.want(session, key, why_withheld=lambda _: why, actor="ann")


def test_many_are_ignored_for_one_reason_and_none_without(issues: Issues):
    with pytest.raises(Invalid, match="why"):
        issues.ignore_all([1, 2], " ", "ann")
    assert issues.ignore_all([1, 2], "meant so", "ann").done == [1, 2]
    assert issues.counts(1)["ignored"] == 3
