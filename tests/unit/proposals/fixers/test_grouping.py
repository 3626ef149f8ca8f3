"""Fixes of one rule in one file are one change."""

from sigma_core.issues.finding import Edit
from sigma_core.proposals import diff as diffs
from sigma_core.proposals.fixers.base import Fixed
from sigma_core.proposals.fixers.edits import apply_edits
from sigma_core.proposals.fixers.grouping import SingleFix, joined

PATH = "shop.py"
BEFORE = "import os\nimport sys\n\n\ndef first(x):\n    return x == None\n\n\ndef second(x):\n    return x == None\n"


def fix(number: int, *replacements: tuple[str, str], confidence: float = 0.9) -> SingleFix:
    after = BEFORE
    for old, new in replacements:
        assert old in after
        after = after.replace(old, new, 1)
    fixed = Fixed(
        diffs.make(PATH, BEFORE, after), f"Fix {number}", f"What fix {number} does.", confidence, "linter_safe"
    )
    return SingleFix(number, fixed)


FIRST = fix(1, ("first(x):\n    return x == None", "first(x):\n    return x is None"), confidence=0.6)
SECOND = fix(2, ("second(x):\n    return x == None", "second(x):\n    return x is None"))
OS, SYS = fix(3, ("import os\n", "")), fix(4, ("import sys\n", ""))


def after(fixed: Fixed) -> str:
    (change,) = diffs.parse(fixed.diff)
    return diffs.apply(BEFORE, change.edits())


def together(*fixes: SingleFix) -> Fixed:
    whole = joined(fixes, PATH, BEFORE, lambda fixed: fixed)
    assert whole is not None
    return whole


def test_fixes_of_different_lines_are_one_change_that_tells_each_of_them() -> None:
    whole = together(FIRST, SECOND)
    assert after(whole) == BEFORE.replace("==", "is")
    assert (whole.title, whole.description) == ("Fix 1 and 1 more", "What fix 1 does.\nWhat fix 2 does.")
    assert whole.confidence == 0.6
    assert [(part.issue_id, part.edits, part.title) for part in whole.parts] == [(1, (0,), "Fix 1"), (2, (1,), "Fix 2")]


def test_lines_next_to_each_other_are_one_edit_that_is_of_both() -> None:
    whole = together(OS, SYS)
    assert after(whole) == BEFORE.removeprefix("import os\nimport sys\n")
    assert [(part.issue_id, part.edits) for part in whole.parts] == [(3, (0,)), (4, (0,))]


def test_the_same_edit_for_two_issues_is_made_once() -> None:
    again = SingleFix(9, FIRST.fixed)
    whole = together(FIRST, again, SECOND)
    assert after(whole) == BEFORE.replace("==", "is")
    assert [(part.issue_id, part.edits) for part in whole.parts] == [(1, (0,)), (9, (0,)), (2, (1,))]


def test_a_fix_of_lines_that_another_rewrites_waits() -> None:
    other = fix(5, ("first(x):\n    return x == None", "first(x):\n    return not x"))
    assert [part.issue_id for part in together(FIRST, other, SECOND).parts] == [1, 2]


def test_a_fix_that_would_leave_an_unreadable_file_beside_others_waits() -> None:
    before = "if True:\n    import os\n    import sys\n"

    def removing(number: int, line: str) -> SingleFix:
        diff = diffs.make(PATH, before, before.replace(line, ""))
        return SingleFix(number, Fixed(diff, f"Fix {number}", "", 0.9, "linter_safe"))

    fixes = [removing(1, "    import os\n"), removing(2, "    import sys\n")]
    whole = joined(fixes, PATH, before, lambda fixed: fixed)
    assert whole is not None
    assert [part.issue_id for part in whole.parts] == [1]


def test_what_the_layout_adds_is_of_the_fix_before_it() -> None:
    def finish(fixed: Fixed) -> Fixed:
        laid_out = after(fixed).replace("import sys\n\n\n", "import sys\n\n")
        return Fixed(diffs.make(PATH, BEFORE, laid_out), fixed.title, fixed.description, fixed.confidence, fixed.fixer)

    whole = joined([FIRST, SECOND], PATH, BEFORE, finish)
    assert whole is not None
    assert [part.edits for part in whole.parts] == [(0, 1), (2,)]


def test_one_fix_stays_as_it_is_and_none_is_none() -> None:
    assert together(FIRST).diff == FIRST.fixed.diff
    assert [part.issue_id for part in together(FIRST).parts] == [1]
    assert joined([], PATH, BEFORE, lambda fixed: fixed) is None


def exact(number: int, *edits: Edit) -> SingleFix:
    diff = diffs.make(PATH, ADDS, apply_edits(ADDS, edits))
    return SingleFix(number, Fixed(diff, f"Fix {number}", f"What fix {number} does.", 0.9, "linter_safe", edits=edits))


ADDS = "x = zip((0,) + i, i + (n,))\n"
LEFT, RIGHT = Edit(1, 9, 1, 17, "(0, *i)"), Edit(1, 19, 1, 27, "(*i, n)")


def test_fixes_of_one_line_are_made_together_and_cannot_be_parted() -> None:
    whole = joined([exact(1, LEFT), exact(2, RIGHT)], PATH, ADDS, lambda fixed: fixed)
    assert whole is not None
    (change,) = diffs.parse(whole.diff)
    assert diffs.apply(ADDS, change.edits()) == "x = zip((0, *i), (*i, n))\n"
    assert [(part.issue_id, part.edits) for part in whole.parts] == [(1, (0,)), (2, (0,))]


def test_fixes_of_the_same_characters_wait_for_each_other() -> None:
    other = exact(2, Edit(1, 9, 1, 27, "(0, *i), (*i, n)"))
    whole = joined([exact(1, LEFT), other], PATH, ADDS, lambda fixed: fixed)
    assert whole is not None
    assert [part.issue_id for part in whole.parts] == [1]
