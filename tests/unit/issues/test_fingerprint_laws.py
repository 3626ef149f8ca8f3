"""What a fingerprint must survive, and what it must not."""

from hypothesis import given
from hypothesis import strategies as st

from sigma_core.issues.finding import Found
from sigma_core.issues.fingerprint import stands_at, with_fingerprints
from sigma_core.issues.source import SourceFile
from sigma_core.issues.tables import Severity

BEFORE = """\
import json


class Shop:
    def price(self, item):
        if item == None:
            return 0

        return item.price

    def total(self, items):
        return sum(self.price(item) for item in items)


def report(shop, items):
    if items == None:
        return json.dumps({})
    return json.dumps({"total": shop.total(items)})
"""
FLAGGED = "if item == None:"
lines_of_code = st.sampled_from(["x = 1", "# a note", "", "y = [1, 2]", "if x == None: pass", "\f"])


def mark(text: str, flagged: str = FLAGGED) -> list[Found]:
    """The linter's view: every line with this text is a finding."""
    source = SourceFile("shop.py", text)
    places = [number for number, line in enumerate(source.lines, 1) if line.strip() == flagged]
    return with_fingerprints(
        source, [Found("ruff", "E711", "bug", Severity.WARNING, "shop.py", n, n, "Compare with is") for n in places]
    )


def prints(text: str, flagged: str = FLAGGED) -> list[str]:
    return [found.fingerprint for found in mark(text, flagged)]


ORIGINAL = prints(BEFORE)


@given(st.lists(lines_of_code, max_size=20), st.lists(lines_of_code, max_size=20))
def test_lines_inserted_before_and_after_keep_it(before: list[str], after: list[str]) -> None:
    assert prints("\n".join([*before, BEFORE, *after])) == ORIGINAL


@given(st.integers(0, 3), st.sampled_from(["", "  ", "\t", "                "]))
def test_blank_lines_and_their_indentation_do_not_count(number: int, indent: str) -> None:
    assert prints(BEFORE.replace("return 0\n\n", "return 0\n" + f"{indent}\n" * number)) == ORIGINAL


@given(st.lists(st.sampled_from(["self.x = 1", FLAGGED + " pass", "return 2", "for i in items: print(i)"]), max_size=8))
def test_edits_in_other_functions_keep_it(body: list[str]) -> None:
    edited = BEFORE.replace(
        "        return sum(", "".join(f"        {line}\n" for line in body) + "        return sum("
    )
    assert prints(edited)[:1] == ORIGINAL


def test_the_same_line_in_another_function_of_the_file_is_another_issue() -> None:
    edited = BEFORE.replace("        return sum(", f"        {FLAGGED}\n            pass\n        return sum(")
    first, second = prints(edited)
    assert [first] == ORIGINAL
    assert second != first


@given(st.integers(2, 6))
def test_equal_lines_in_one_function_are_told_apart_and_the_first_keeps_its_own(count: int) -> None:
    repeated = BEFORE.replace(
        "            return 0\n", "            return 0\n" + f"        {FLAGGED}\n            pass\n" * (count - 1)
    )
    found = prints(repeated)
    assert len(set(found)) == count
    assert found[0] == ORIGINAL[0]


def test_reformatting_and_windows_line_ends_keep_it() -> None:
    assert prints(BEFORE.replace("    ", "  ")) == ORIGINAL
    assert prints(BEFORE.replace("\n", "\r\n")) == ORIGINAL


def test_a_change_of_the_flagged_line_or_its_function_is_another_issue() -> None:
    assert prints(BEFORE.replace(FLAGGED, "if item.x == None:"), "if item.x == None:") != ORIGINAL
    assert prints(BEFORE.replace("def price", "def cost")) != ORIGINAL


@given(st.lists(lines_of_code, max_size=5))
def test_a_finding_is_recognised_in_its_text_and_not_in_another(before: list[str]) -> None:
    (found,) = mark(BEFORE)
    assert stands_at(SourceFile("shop.py", BEFORE), found)
    shifted = [line for line in before if line != "\f"]
    assert stands_at(SourceFile("shop.py", "\n".join([*shifted, BEFORE])), found) is (not shifted)


def test_a_file_that_does_not_parse_has_fingerprints_still() -> None:
    broken = "def f(:\n" + BEFORE
    assert len(prints(broken)) == 1
    assert prints("\n\n" + broken) == prints(broken)
