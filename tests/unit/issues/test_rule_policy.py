"""Fixes are offered of what the project asks for, and of errors beyond that; an operator has the last word."""

from dataclasses import dataclass
from datetime import UTC, datetime

import pytest
from sqlmodel import select

from sigma_core.audit import AuditEntry
from sigma_core.database import Database
from sigma_core.errors import Invalid, NotFound
from sigma_core.issues.rule_policy import UNLESS_SELECTED, WITHHELD, Preference, RulePolicy
from sigma_core.issues.rule_preferences import RulePreferences
from sigma_core.issues.tables import Issue
from sigma_core.projects.tables import Project

NOW = datetime(2026, 1, 1, tzinfo=UTC)


@dataclass(frozen=True)
class Finding:
    rule: str
    choice: str | None = None
    family: str = "simplification"
    found_severity: str = "info"


@pytest.fixture
def preferences(database: Database) -> RulePreferences:
    with database.transaction() as session:
        for number in (1, 2):
            session.add(Project(id=number, name=f"p{number}", path=f"/p{number}", head="c1", created_at=NOW))
    return RulePreferences(database, lambda: NOW)


@pytest.mark.parametrize(
    ("finding", "reason"),
    [
        (Finding("SIM103", "selected"), None),
        (Finding("SIM103", "unselected"), "does not select"),
        (Finding("SIM103", "ignored"), "ignores"),
        (Finding("SIM103"), "taste"),
        (Finding("C416"), None),
        (Finding("F841", None, "dead_code", "warning"), None),
        (Finding("B006", "unselected", "bug", "error"), None),
        (Finding("B006", "ignored", "bug", "error"), "ignores"),
        (Finding("S608", "unselected", "security", "error"), None),
        (Finding("E711", "unselected", "bug", "warning"), "does not select"),
        (Finding("complex-function", None, "complexity", "error"), "taste"),
    ],
)
def test_the_projects_choice_decides_and_errors_go_beyond_it(finding: Finding, reason: str | None) -> None:
    withheld = RulePolicy().why_withheld(finding)
    assert (withheld is None) if reason is None else (withheld is not None and reason in withheld)


@pytest.mark.parametrize("rule", sorted(WITHHELD))
def test_a_rule_whose_fixes_maintainers_refuse_is_withheld_even_where_it_is_selected(rule: str) -> None:
    assert RulePolicy().why_withheld(Finding(rule, "selected")) == WITHHELD[rule]
    assert RulePolicy({rule: Preference(True, "we like it")}).why_withheld(Finding(rule, "selected")) is None
    assert RulePolicy({rule[:2]: Preference(True, "all such")}).why_withheld(Finding(rule)) == WITHHELD[rule]


@pytest.mark.parametrize("rule", sorted(UNLESS_SELECTED))
def test_what_some_projects_want_is_offered_where_they_select_it_and_not_with_a_whole_family(rule: str) -> None:
    assert RulePolicy().why_withheld(Finding(rule, "selected")) is None
    family = RulePolicy({rule[:3]: Preference(True, "all such")})
    assert family.why_withheld(Finding(rule, "unselected")) == UNLESS_SELECTED[rule]
    assert family.why_withheld(Finding(rule, "selected")) is None
    assert RulePolicy({rule: Preference(True, "we like it")}).why_withheld(Finding(rule, "unselected")) is None
    assert RulePolicy({rule: Preference(False, "not here")}).why_withheld(Finding(rule, "selected")) == "not here"


def test_the_longest_beginning_of_a_code_counts() -> None:
    policy = RulePolicy({"UP": Preference(False, "not now"), "UP032": Preference(True, "but these")})
    assert policy.why_withheld(Finding("UP008", "selected")) == "not now"
    assert policy.why_withheld(Finding("UP032", "ignored")) is None


def test_one_projects_preference_goes_before_that_for_all(preferences: RulePreferences) -> None:
    preferences.set("UP", offered=False, reason="no churn", actor="ann")
    preferences.set("UP", offered=True, reason="modernise", actor="ben", project_id=2)
    finding = Finding("UP032", "selected")
    assert preferences.policy(1).why_withheld(finding) == "no churn"
    assert preferences.policy(2).why_withheld(finding) is None


@pytest.mark.parametrize(
    ("rule", "known"),
    [
        ("B905", True),
        ("UP", True),
        ("ALL", True),
        ("unused-method", True),
        ("syntax-error", True),
        ("todo-comment", True),
        ("todo", True),
        ("todo-c", False),
        ("t%do", False),
        ("B950", False),
        ("b905", False),
    ],
)
def test_a_rule_is_known_by_the_linter_our_detectors_or_what_was_found(
    preferences: RulePreferences, database: Database, rule: str, known: bool
) -> None:
    # What detectors of other packages find is known once they found it
    found = Issue(
        project_id=1,
        fingerprint="f1",
        detector="todo",
        rule="todo-comment",
        family="simplification",
        file="m.py",
        line=1,
        end_line=1,
        severity="info",
        message="A comment says to do it",
        state="open",
        opened_commit="c1",
        seen_commit="c1",
        opened_at=NOW,
        changed_at=NOW,
    )
    with database.transaction() as session:
        session.add(found)
    assert preferences.is_known(rule) is known


def test_what_was_said_is_replaced_taken_back_and_audited(preferences: RulePreferences, database: Database) -> None:
    preferences.set("UP", offered=False, reason="no churn", actor="ann")
    preferences.set("UP", offered=True, reason="after all", actor="ann")
    assert [(each.rule, each.offered) for each in preferences.list()] == [("UP", True)]
    preferences.reset("UP", actor="ben")
    assert not preferences.list()
    with pytest.raises(NotFound):
        preferences.reset("UP", actor="ben")
    with database.reading() as session:
        entries = session.exec(select(AuditEntry).order_by(AuditEntry.id)).all()  # type: ignore[arg-type]
    assert [(each.actor, each.action, each.object) for each in entries] == [
        ("ann", "rule.withhold", "rule/UP"),
        ("ann", "rule.offer", "rule/UP"),
        ("ben", "rule.reset", "rule/UP"),
    ]


@pytest.mark.parametrize(("rule", "reason"), [("", "why"), ("UP", " "), ("U" * 81, "why"), ("UP", "x" * 2001)])
def test_a_preference_needs_a_rule_and_a_reason(preferences: RulePreferences, rule: str, reason: str) -> None:
    with pytest.raises(Invalid):
        preferences.set(rule, offered=False, reason=reason, actor="ann")
    assert not preferences.list()
