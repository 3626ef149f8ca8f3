"""How one sequence becomes another: right whatever they are, and cheap where little differs."""

from collections.abc import Sequence
from difflib import SequenceMatcher
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sigma_core import edit_script
from sigma_core.edit_script import groups, opcodes

LINES = st.lists(st.sampled_from("abcdefghijklm"), max_size=40)


class Counted(str):
    """A line that counts how often it is compared."""

    __slots__ = ()
    compared = 0

    def __eq__(self, other: object) -> bool:
        Counted.compared += 1
        return str.__eq__(self, other) is True

    __hash__ = str.__hash__


def made(old: Sequence[str], new: Sequence[str]) -> list[str]:
    script = opcodes(old, new)
    return [entry for tag, i1, i2, j1, j2 in script for entry in (old[i1:i2] if tag == "equal" else new[j1:j2])]


@pytest.mark.parametrize("small", [edit_script.SMALL, 4])
@given(LINES, LINES)
def test_the_script_makes_the_new_of_the_old(small: int, old: list[str], new: list[str]) -> None:
    with pytest.MonkeyPatch.context() as setting:
        setting.setattr(edit_script, "SMALL", small)
        assert made(old, new) == new
        script = opcodes(old, new)
    assert all(old[i1:i2] == new[j1:j2] for tag, i1, i2, j1, j2 in script if tag == "equal")
    tags = [tag == "equal" for tag, *_ in script]
    assert all(one != other for one, other in pairwise(tags))


@given(LINES, LINES, st.integers(0, 4))
def test_groups_are_those_of_difflib(old: list[str], new: list[str], context: int) -> None:
    matcher = SequenceMatcher(None, old, new, autojunk=False)
    if old == new:
        assert list(groups(matcher.get_opcodes(), context)) == []
        return
    expected = [
        [each for each in group if each[0] != "equal" or each[1] < each[2]]
        for group in matcher.get_grouped_opcodes(context)
    ]
    assert list(groups(matcher.get_opcodes(), context)) == expected


def test_two_lines_changed_far_apart_in_a_long_file_are_found_by_few_comparisons() -> None:
    old = [Counted("" if number % 2 else f"x = {number}") for number in range(20_000)]
    new = [Counted(line) for line in old]
    new[10], new[19_990] = Counted("first"), Counted("second")
    Counted.compared = 0
    changed = [each for each in opcodes(old, new) if each[0] != "equal"]
    assert changed == [("replace", 10, 11, 10, 11), ("replace", 19_990, 19_991, 19_990, 19_991)]
    assert Counted.compared < 20 * len(old)


def test_what_repeats_itself_without_end_is_replaced_as_a_whole() -> None:
    old, new = [Counted("a"), Counted("b")] * 5_000, [Counted("b"), Counted("c")] * 5_000
    Counted.compared = 0
    assert made(old, new) == new
    assert Counted.compared < 20 * len(old)
