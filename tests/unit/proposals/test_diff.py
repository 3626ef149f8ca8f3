"""Diffs: what is made is read back, what is odd is refused."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sigma_core.proposals import diff as diffs
from sigma_core.proposals.diff import DiffRefused, DoesNotApply

line = st.sampled_from(["a", "b", "", "\tx", "d\r", "++ x", "-- y", "@@ z", "\\ w", "é"])
text = st.builds(
    lambda lines, end: "\n".join(lines) + ("\n" if end and lines else ""), st.lists(line, max_size=12), st.booleans()
)


@given(text, text)
def test_a_made_diff_turns_before_into_after(before: str, after: str) -> None:
    if before == after:
        return
    made = diffs.make("pkg/f.py", before, after)
    (change,) = diffs.parse(made)
    assert diffs.render([change]) == made
    diffs.check(before, change)
    assert diffs.apply(before, change.edits()) == after


def test_edits_of_two_diffs_on_one_base_come_together_unless_they_touch() -> None:
    base = "".join(f"{n}\n" for n in range(20))
    first = diffs.parse(diffs.make("f", base, base.replace("5\n", "five\n", 1)))[0]
    second = diffs.parse(diffs.make("f", base, base.replace("7\n", "seven\nagain\n", 1)))[0]
    both = diffs.apply(base, [*first.edits(), *second.edits()])
    assert "five\n6\nseven\nagain\n8\n" in both
    near = diffs.parse(diffs.make("f", base, base.replace("6\n", "six\n", 1)))[0]
    with pytest.raises(DoesNotApply):
        diffs.apply(base, [*first.edits(), *near.edits()])


def test_the_same_change_has_one_digest_whatever_tool_wrote_it() -> None:
    made = diffs.make("f.py", "a\nb\n", "a\nc\n")
    other = (
        "index 123..456 100644\n--- a/f.py\t2026-01-01\n+++ b/f.py\t2026-01-02\n@@ -1,2 +1,2 @@ def f():\n a\n-b\n+c\n"
    )
    assert diffs.digest(diffs.parse(made)) == diffs.digest(diffs.parse(other))


def test_a_change_that_expects_other_text_does_not_apply() -> None:
    (change,) = diffs.parse(diffs.make("f.py", "a\nb\n", "a\nc\n"))
    with pytest.raises(DoesNotApply):
        diffs.check("a\nx\n", change)


HUNK = "@@ -1 +1 @@\n-a\n+b\n"


@pytest.mark.parametrize(
    ("diff", "why"),
    [
        ("", "empty"),
        ("hello\n", "empty"),
        (f"--- a/../x\n+++ b/../x\n{HUNK}", "leaves the repository"),
        (f"--- /etc/passwd\n+++ /etc/passwd\n{HUNK}", "leaves the repository"),
        (f"--- a/.git/config\n+++ b/.git/config\n{HUNK}", "git's own folder"),
        ("diff --git a/x b/x\nBinary files a/x and b/x differ\n", "binary"),
        ("diff --git a/x b/x\nGIT binary patch\nliteral 1\n", "binary"),
        ("diff --git a/x b/x\nnew file mode 120000\n--- /dev/null\n+++ b/x\n@@ -0,0 +1 @@\n+/etc\n", "symbolic link"),
        ("diff --git a/x b/x\nold mode 100644\nnew mode 100755\n", "mode"),
        ("diff --git a/x b/y\ncopy from x\ncopy to y\n", "copies"),
        ("--- a/x\n+++ b/x\n@@ -1,3 +1 @@\n-a\n+b\n", "middle of a hunk|add up|no hunk"),
        ("--- a/x\n+++ b/x\n@@ nonsense @@\n-a\n", "hunk header"),
        (HUNK, "without file names"),
        (f"--- a/x\n+++ b/x\n{HUNK}garbage\n", "unexpected text"),
        (f"--- a/x\n+++ b/x\n{HUNK}--- a/x\n+++ b/x\n{HUNK}", "twice"),
        ("--- a/x\n+++ b/x\n@@ -1 +1 @@\n-a\n+b\0\n", "binary"),
        ("--- a/x\n+++ b/x\n@@ -1 +1 @@\n a\n", "add up"),
    ],
)
def test_an_unusable_diff_is_refused_in_one_sentence(diff: str, why: str) -> None:
    with pytest.raises(DiffRefused, match=why):
        diffs.parse(diff)


def test_new_deleted_and_renamed_files_are_read() -> None:
    added, deleted, renamed = diffs.parse(
        "diff --git a/n b/n\nnew file mode 100755\n--- /dev/null\n+++ b/n\n@@ -0,0 +1 @@\n+x\n"
        "diff --git a/d b/d\ndeleted file mode 100644\n--- a/d\n+++ /dev/null\n@@ -1 +0,0 @@\n-x\n"
        "diff --git a/o b/p\nsimilarity index 100%\nrename from o\nrename to p\n"
    )
    assert (added.kind, added.path, added.mode) == ("add", "n", "100755")
    assert (deleted.kind, deleted.path) == ("delete", "d")
    assert (renamed.kind, renamed.old_path, renamed.path) == ("rename", "o", "p")


def test_changes_collide_in_the_same_lines_next_to_them_and_over_a_whole_file() -> None:
    base = "".join(f"{n}\n" for n in range(20))
    fifth = diffs.parse(diffs.make("f", base, base.replace("5\n", "five\n", 1)))
    sixth = diffs.parse(diffs.make("f", base, base.replace("6\n", "six\n", 1)))
    eighth = diffs.parse(diffs.make("f", base, base.replace("8\n", "eight\n", 1)))
    assert diffs.collide(fifth, fifth)
    assert diffs.collide(fifth, sixth)
    assert not diffs.collide(fifth, eighth)
    assert diffs.collide(eighth, diffs.parse(diffs.make("f", base, None)))
    assert not diffs.collide(fifth, diffs.parse(diffs.make("g", base, base.replace("5\n", "five\n", 1))))
