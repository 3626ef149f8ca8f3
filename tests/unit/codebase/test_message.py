"""What a commit's message says of it."""

import pytest

from sigma_core.codebase.message import is_fix, reverted_commits, says_it_reverts

ONE, OTHER = "1" * 40, "2" * 40


@pytest.mark.parametrize(
    ("subject", "body", "paths", "expected"),
    [
        ("Fix the rounding of tax", "", ["tax.py"], True),
        ("tax: handle empty carts", "Fixes #12", ["tax.py"], True),
        ("Round half up (closes #12)", "", ["tax.py"], True),
        ("Handle arrays", "", ["a.py", "changelog/8132.bugfix.rst"], True),
        (":bug: Quote the percent sign", "", ["a.py"], True),
        ("Add rounding", "Closes #12", ["tax.py"], False),
        ("Fix a typo", "", ["tax.py"], False),
        ("Fix the example", "", ["docs/tax.rst", "CHANGES"], False),
        ("Bump ruff from 1.0 to 1.1", "Fixes a crash", ["requirements.in"], False),
        ("Round half up", "", ["tax.py"], False),
        ("Move the prefix", "", ["tax.py"], False),
    ],
)
def test_a_fix_is_known_by_its_words_and_by_what_it_changes(
    subject: str, body: str, paths: list[str], expected: bool
) -> None:
    assert is_fix(subject, body, paths) is expected


@pytest.mark.parametrize(
    ("subject", "body", "expected"),
    [
        ('Revert "Add x"', f"This reverts commit {ONE}.", [ONE]),
        ('Revert "Add x" and y', f"This reverts commits {ONE} and {OTHER}.", [ONE, OTHER]),
        ("Bring it back", f"Reverts commit {ONE[:12]}.", [ONE[:12]]),
        ("Fix a doc oversight, and revert 5876a8fd.", "", ["5876a8fd"]),
        ("Add x (#12)", f"* Add x\n* Revert y\n\nThis reverts commit {ONE}.", []),
        ("Add x", "", []),
    ],
)
def test_a_revert_names_what_it_takes_back(subject: str, body: str, expected: list[str]) -> None:
    assert reverted_commits(subject, body) == expected


@pytest.mark.parametrize(
    ("subject", "expected"),
    [
        ("Reverted wrong fix to urls", True),
        ('[3.11] Revert "Add x"', True),
        ("scope: undo the last change", True),
        ("Tell what was reverted", False),
        ("Add support for undo", False),
    ],
)
def test_words_of_a_revert_stand_in_front(subject: str, expected: bool) -> None:
    assert says_it_reverts(subject, "") is expected
