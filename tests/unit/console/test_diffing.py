from sigma_core.console.components.diff import diff_view
from sigma_core.console.components.diff_lines import changed_words, pair, rows
from sigma_core.proposals.diff import make, parse

BEFORE = """def load(path, since=None):
    conn = connect(path)
    query = "WHERE day >= '%s'" % since
    return conn.execute(query)
"""
AFTER = """def load(path, since=None):
    query = "WHERE day >= ?"
    with connect(path) as conn:
        return conn.execute(query, (since,))
"""


def hunk_of(before: str, after: str):
    return parse(make("a.py", before, after))[0].hunks[0]


def test_lines_are_paired_by_likeness_not_by_position():
    before = ["first = 1", "query = select(old)", "last = 3"]
    after = ["query = select(new)", "something else entirely", "last = 4"]
    assert pair(before, after) == [(1, 0), (2, 2)]


def test_unlike_lines_stand_alone():
    assert pair(["import os"], ["return [Order(row) for row in rows]"]) == []


def test_a_huge_block_is_paired_in_order_without_comparing_all():
    lines = [f"line {number}" for number in range(200)]
    assert pair(lines, lines) == [(number, number) for number in range(200)]


def test_only_the_changed_words_are_marked():
    old, new = changed_words('    query = "x %s" % since', '    query = "x ?"')
    assert ['    query = "x %s" % since'[a:b] for a, b in old] == ["%s", " % since"]
    assert ['    query = "x ?"'[a:b] for a, b in new] == ["?"]


def test_indentation_alone_marks_nothing():
    assert changed_words("    return x", "        return x") == ((), ())


def test_every_line_of_the_change_is_shown_once_with_its_number():
    shown = list(rows(hunk_of(BEFORE, AFTER)))
    old = [side for side, _ in shown if side]
    new = [side for _, side in shown if side]
    assert [line.text for line in old] == BEFORE.splitlines()
    assert [line.text for line in new] == AFTER.splitlines()
    assert [line.number for line in old] == [1, 2, 3, 4]
    assert [line.number for line in new] == [1, 2, 3, 4]


def test_removed_lines_precede_added_ones_in_one_column():
    drawn = diff_view(make("a.py", BEFORE, AFTER), split=False)
    assert drawn.rindex("sg-del") < drawn.index("sg-ins")


def test_hostile_code_stays_text_and_its_hidden_marks_are_seen():
    drawn = diff_view(make("x.py", "a = 1\n", "a = '</code><script>x</script>'\u202e\n"), split=True)
    assert "<script" not in drawn
    assert "U+202E" in drawn


def test_new_and_deleted_files_are_named_as_such():
    assert "new file" in diff_view(make("a.py", None, "x = 1\n"), split=True)
    assert "deleted" in diff_view(make("a.py", "x = 1\n", None), split=True)


def test_a_diff_nobody_can_read_is_shown_as_text():
    drawn = diff_view("neither <b>diff</b> nor patch", split=True)
    assert "Shown as text." in drawn
    assert "neither &lt;b&gt;diff" in drawn
