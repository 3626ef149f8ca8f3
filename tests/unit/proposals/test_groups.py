"""Which patches run together, and who is to blame."""

from collections.abc import Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sigma_core.proposals.diff import LineEdit
from sigma_core.proposals.verification.groups import culprits, grouped
from sigma_core.proposals.verification.patch import Change, ChangedFile, Patch
from sigma_core.proposals.verification.patched_tree import PatchedTree, compatible

BEFORE = "".join(f"line{n} = {n}\n" for n in range(40))


def patch(number: int, *edits: LineEdit, path: str = "a.py") -> Patch:
    lines = BEFORE.splitlines(keepends=True)
    for edit in sorted(edits, key=lambda each: each.start, reverse=True):
        lines[edit.start : edit.end] = edit.added
    return Patch(Change(number, "", "0" * 40), "", (ChangedFile(path, path, BEFORE, "".join(lines), edits),))


def at(number: int, line: int) -> Patch:
    return patch(number, LineEdit(line, line + 1, (f"x{number} = 1\n", f"y{number} = 1\n")))


def test_patches_go_together_when_a_line_lies_between_them() -> None:
    assert compatible(at(1, 3), at(2, 5))
    assert not compatible(at(1, 3), at(2, 4))
    assert not compatible(at(1, 3), at(2, 3))
    assert compatible(at(1, 3), patch(2, LineEdit(3, 4, ("z = 1\n",)), path="b.py"))


def test_as_few_groups_are_made_as_come_easily() -> None:
    one, two, touching, alone = at(1, 3), at(2, 9), at(3, 4), at(4, 20)
    assert grouped([one, two, touching, alone], alone=lambda each: each is alone) == [[one, two], [touching], [alone]]


def test_statements_of_each_patch_are_found_again_in_the_merged_file() -> None:
    first, second = at(1, 3), at(2, 9)
    candidate = PatchedTree([second, first])
    text = candidate.contents["a.py"] or ""
    lines = text.splitlines()
    for number, each in ((1, first), (2, second)):
        found = candidate.added(each.files[0])
        assert [lines[statement.line - 1] for statement in found] == [f"x{number} = 1", f"y{number} = 1"]
    assert text.count("\n") == 42


@given(st.sets(st.integers(0, 26)), st.sets(st.integers(0, 26)))
def test_every_culprit_is_found_and_nobody_else(bad: set[int], suspected: set[int]) -> None:
    patches = [at(n, 3) for n in range(27)]
    asked = 0

    def fails(some: Sequence[Patch]) -> bool:
        nonlocal asked
        asked += 1
        return any(each.change.proposal_id in bad for each in some)

    found = {each.change.proposal_id for each in culprits(patches, [patches[n] for n in sorted(suspected)], fails)}
    if not bad:
        assert found == set(range(27))
    else:
        assert found == bad or found == bad & suspected
        assert asked <= 2 + 10 * len(bad)


def test_a_failure_that_needs_two_patches_blames_both() -> None:
    patches = [at(n, 3) for n in range(4)]
    needs = {0, 3}
    found = culprits(patches, [], lambda some: needs <= {each.change.proposal_id for each in some})
    assert found == patches


@pytest.mark.parametrize("text", ["", "x = 1"])
def test_a_patch_alone_is_its_own_file(text: str) -> None:
    file = ChangedFile("n.py", "n.py", None, text, (LineEdit(0, 0, (text,)),))
    assert PatchedTree([Patch(Change(1, "", "0" * 40), "", (file,))]).contents == {"n.py": text}
