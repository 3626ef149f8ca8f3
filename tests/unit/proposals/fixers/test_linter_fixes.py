"""The linter's edits become diffs that apply exactly, whatever the file looks like."""

import ast
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sigma_core.issues.detectors import Edit, Found, detect
from sigma_core.issues.tables import Issue
from sigma_core.issues.tracking import details
from sigma_core.proposals import diff as diffs
from sigma_core.proposals.fixers.base import Fixed
from sigma_core.proposals.fixers.edits import EditsDoNotFit, apply_edits
from sigma_core.proposals.fixers.linter import LinterFixer

NOW = datetime(2026, 1, 1, tzinfo=UTC)


def issue(found: Found) -> Issue:
    return Issue(
        id=1,
        project_id=1,
        fingerprint=found.fingerprint,
        state="open",
        opened_commit="c",
        seen_commit="c",
        opened_at=NOW,
        changed_at=NOW,
        **details(found),
    )


def fixes(root: Path, content: str, rule: str) -> list[tuple[Fixed, str]]:
    """What the linter proposes for this rule in a file of this content, each with the text it leads to."""
    (root / "shop.py").write_bytes(content.encode())
    issues = [issue(found) for found in detect(root).found if found.rule == rule]
    fixers = (LinterFixer("safe"), LinterFixer("unsafe"))
    proposed = [fixer.fix(each, lambda _: content) for each in issues for fixer in fixers]
    return [(fixed, applied(content, fixed.diff)) for fixed in proposed if fixed]


def detected(root: Path, content: str) -> list[Found]:
    (root / "shop.py").write_bytes(content.encode())
    return detect(root).found


def applied(content: str, diff: str) -> str:
    (change,) = diffs.parse(diff)
    diffs.check(content, change)
    return diffs.apply(content, change.edits())


def test_a_safe_fix_is_proposed_with_words_people_understand(tmp_path: Path) -> None:
    ((fixed, after),) = fixes(tmp_path, "import json\nimport os\n\nprint(os.name)\n", "F401")
    assert after == "import os\n\nprint(os.name)\n"
    assert fixed.title == "Remove unused import: `json` in shop.py"
    assert fixed.fixer == "linter_safe"
    assert "`json` imported but unused" in fixed.description


def test_a_fix_completes_the_chain_it_began(tmp_path: Path) -> None:
    first = "def f(x):\n    if x == 1:\n        return 1\n"
    chain = f"{first}    elif x == 2:\n        return 2\n    elif x == 3:\n        return 3\n    return 4\n"
    ((_, after),) = fixes(tmp_path, chain, "RET505")
    assert after == chain.replace("elif", "if")
    assert "RET505" not in {found.rule for found in detected(tmp_path, after)}


def test_a_chain_that_leaves_in_several_ways_is_completed(tmp_path: Path) -> None:
    chain = (
        "def f(x):\n    if x == 1:\n        return 1\n    elif x == 2:\n        raise E\n    elif x == 3:\n"
        "        y = 3\n    else:\n        y = 4\n    return y\n"
    )
    ((_, after),) = fixes(tmp_path, chain, "RET505")
    assert after == chain.replace("elif", "if")


def test_the_chain_of_another_function_has_its_own_fix(tmp_path: Path) -> None:
    two = "def {}(x):\n    if x == 1:\n        return 1\n    elif x == 2:\n        return 2\n    return 4\n"
    text = f"{two.format('f')}\n\n{two.format('g')}"
    first, second = (after for _, after in fixes(tmp_path, text, "RET505"))
    assert first == text.replace("elif", "if", 1)
    assert second == "".join(text.rsplit("el", 1))


def test_a_nested_else_is_joined_to_the_end(tmp_path: Path) -> None:
    nested = (
        "def f(x):\n    if x == 1:\n        y = 1\n    else:\n        if x == 2:\n            y = 2\n        else:\n"
        "            if x == 3:\n                y = 3\n            else:\n                y = 4\n    return y\n"
    )
    outer, _ = (after for _, after in fixes(tmp_path, nested, "PLR5501"))
    assert outer.count("elif") == 2
    assert "PLR5501" not in {found.rule for found in detected(tmp_path, outer)}


@pytest.mark.parametrize(
    ("sum_", "display"),
    [
        ("[first] + list(map(str, rest))", "[first, *map(str, rest)]"),
        ("(first, 2) + tuple(rest)", "(first, 2, *rest)"),
        ("[first] + list(rest) + list(list(rest))", "[first, *rest, *rest]"),
        ("[first] + list(a or b)", "[first, *list(a or b)]"),
    ],
)
def test_a_display_copies_nothing_only_to_unpack_it(tmp_path: Path, sum_: str, display: str) -> None:
    text = "def f(first, rest, a, b):\n    return {}\n"
    ((fixed, after),) = fixes(tmp_path, text.format(sum_), "RUF005")
    assert after == text.format(display)
    assert fixed.title == "Unpack instead of adding sequences in `f` (shop.py)"
    # Another meaning of the name is the file's own
    own = f"from shop import list, tuple\n\n\n{text.format(sum_)}"
    assert all("list(" in text or "tuple(" in text for _, text in fixes(tmp_path, own, "RUF005"))


def test_a_long_block_is_not_moved_for_its_look_unless_the_project_asks_for_that(tmp_path: Path) -> None:
    def chain(lines: int) -> str:
        block = "".join(f"            y += {number}\n" for number in range(lines))
        head = "def f(x, y):\n    if x == 1:\n        y = 1\n    else:\n        if x == 2:\n"
        return f"{head}{block}        else:\n            y = 3\n    return y\n"

    assert len(fixes(tmp_path, chain(10), "PLR5501")) == 1
    assert fixes(tmp_path, chain(40), "PLR5501") == []
    (tmp_path / "ruff.toml").write_text('lint.select = ["PLR5501"]\n')
    assert len(fixes(tmp_path, chain(40), "PLR5501")) == 1


def test_keys_that_are_written_as_keywords_are_left_unless_the_project_asks_for_that(tmp_path: Path) -> None:
    text = "x = dict(a=1)\ny = dict()\n"
    assert [after for _, after in fixes(tmp_path, text, "C408")] == ["x = dict(a=1)\ny = {}\n"]
    (tmp_path / "ruff.toml").write_text('lint.select = ["C4"]\n')
    assert len(fixes(tmp_path, text, "C408")) == 2


def test_an_unsafe_fix_says_that_it_is_one_and_where(tmp_path: Path) -> None:
    code = "class Shop:\n    def find(self, item):\n        return item == None\n"
    ((fixed, after),) = fixes(tmp_path, code, "E711")
    assert after == code.replace("==", "is")
    assert (fixed.fixer, fixed.title) == ("linter_unsafe", "Compare to `None` with `is` in `Shop.find` (shop.py)")
    assert "may change the behaviour" in fixed.description


@pytest.mark.parametrize(
    "reshape",
    [
        lambda code: code,
        lambda code: code.replace("\n", "\r\n"),
        lambda code: code.rstrip("\n"),
        lambda code: "\ufeff" + code,
        lambda code: "# Käse 𝄞 🧀\n" + code,
        lambda code: code.replace("x == None", "'𝄞é🧀' + x == None"),
    ],
)
def test_nothing_but_the_edit_changes(tmp_path: Path, reshape: Callable[[str], str]) -> None:
    code = reshape("def f(x):\n    return x == None\n")
    ((_, after),) = fixes(tmp_path, code, "E711")
    assert after == code.replace("== None", "is None")


def test_a_fix_that_needs_an_import_brings_it(tmp_path: Path) -> None:
    code = "import os\n\n\ndef f(path):\n    try:\n        os.remove(path)\n    except OSError:\n        pass\n"
    ((_, after),) = fixes(tmp_path, code, "SIM105")
    assert "import contextlib" in after
    assert "with contextlib.suppress(OSError):" in after
    ast.parse(after)


def test_several_fixes_of_a_file_are_one_proposal_each(tmp_path: Path) -> None:
    proposed = fixes(tmp_path, "import json\nimport re\nimport sys\n", "F401")
    assert [after for _, after in proposed] == [
        "import re\nimport sys\n",
        "import json\nimport sys\n",
        "import json\nimport re\n",
    ]


def test_windows_line_ends_are_kept_in_lines_that_are_added(tmp_path: Path) -> None:
    code = "import os\n\n\ndef f(path):\n    try:\n        os.remove(path)\n    except OSError:\n        pass\n"
    ((_, after),) = fixes(tmp_path, code.replace("\n", "\r\n"), "SIM105")
    assert after.count("\n") == after.count("\r\n") > 0


def test_an_issue_without_edit_or_of_the_other_kind_gets_none(tmp_path: Path) -> None:
    code = "def f(a=[]):\n    return eval(a) == None\n"
    (tmp_path / "shop.py").write_text(code)
    by_rule = {found.rule: issue(found) for found in detect(tmp_path).found}
    assert LinterFixer("safe").fix(by_rule["E711"], lambda _: code) is None
    assert LinterFixer("unsafe").fix(by_rule["S307"], lambda _: code) is None


def test_a_file_that_is_not_the_one_the_issue_was_seen_in_gets_none(tmp_path: Path) -> None:
    code = "import json\nimport os\n\nprint(os.name)\n"
    (tmp_path / "shop.py").write_text(code)
    (found,) = detect(tmp_path).found
    assert LinterFixer("safe").fix(issue(found), lambda _: "import sys\n" + code) is None


@pytest.mark.parametrize(
    "edit",
    [
        Edit(3, 1, 3, 2, ""),
        Edit(1, 9, 1, 10, ""),
        Edit(0, 1, 1, 1, ""),
        Edit(1, 0, 1, 1, ""),
    ],
)
def test_edits_that_point_outside_the_text_are_refused(edit: Edit) -> None:
    with pytest.raises(EditsDoNotFit):
        apply_edits("x = 1", [edit])


def test_overlapping_edits_are_refused() -> None:
    with pytest.raises(EditsDoNotFit, match="overlap"):
        apply_edits("abcdef\n", [Edit(1, 1, 1, 4, "x"), Edit(1, 3, 1, 5, "y")])


@given(st.text(st.sampled_from("ab\n\r 𝄞é"), max_size=30), st.data())
def test_an_edit_equals_cutting_and_pasting(text: str, data: st.DataObject) -> None:
    start = data.draw(st.integers(0, len(text)))
    end = data.draw(st.integers(start, len(text)))
    assert apply_edits(text, [Edit(*place(text, start), *place(text, end), "X")]) == text[:start] + "X" + text[end:]


def place(text: str, offset: int) -> tuple[int, int]:
    """Line and column of an offset; a carriage return and its line feed are one line end."""
    before = text[:offset]
    line = before.count("\n") + sum(
        before[i] == "\r" and (i + 1 == len(text) or text[i + 1] != "\n") for i in range(len(before))
    )
    last = max(
        (i + 1 for i in range(len(before)) if before[i] == "\n" or (before[i] == "\r" and text[i + 1 : i + 2] != "\n")),
        default=0,
    )
    return line + 1, offset - last + 1
