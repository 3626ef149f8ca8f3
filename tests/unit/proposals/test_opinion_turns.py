"""Whose opinion of a change a model is asked for: every member's as often as any other's, the same each time."""

from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sigma_core.proposals.committee import MEMBERS
from sigma_core.proposals.turns import AskedMembers, asked_about, who_was_asked

SOME = st.lists(st.sampled_from(sorted(MEMBERS)), unique=True)


def test_of_five_changes_in_a_row_each_member_is_asked_about_one() -> None:
    for first in (5, 40, 9000):
        assert Counter(asked_about(change, MEMBERS)[0] for change in range(first, first + 5)) == Counter([*MEMBERS])


def test_what_comes_in_a_rhythm_is_not_always_the_same_members() -> None:
    asked = Counter(asked_about(change, MEMBERS)[0] for change in range(5, 5000, 5))
    assert min(asked[name] for name in MEMBERS) > 150


@given(st.integers(0, 2**31), SOME)
def test_only_one_for_whom_something_was_measured_is_asked_and_always_the_same(
    change: int, measured: list[str]
) -> None:
    asked = asked_about(change, measured)
    assert len(asked) == min(1, len(measured))
    assert set(asked) <= set(measured)
    assert asked == asked_about(change, sorted(measured, reverse=True))


ASKED = "A model was asked for "


@pytest.mark.parametrize(
    ("asked", "said"),
    [
        (
            AskedMembers(in_turn=True, change=7, missing={"tester": None}),
            f"{ASKED}the tester's opinion, whose turn it was; the others voted by rule.",
        ),
        (
            AskedMembers(in_turn=True, change=7, missing={"tester": "HTTP 500: out of memory"}),
            f"{ASKED}the tester's opinion, whose turn it was. None came of the tester (HTTP 500: out of memory).",
        ),
        (AskedMembers(in_turn=False, change=7, missing=dict.fromkeys(MEMBERS)), f"{ASKED}each member's opinion."),
        (
            AskedMembers(in_turn=False, change=7, missing={"security": "slow", "architect": None}),
            f"{ASKED}the opinions of architect, security. None came of the security (slow).",
        ),
        (AskedMembers(in_turn=True, change=7, missing={}), "No model was asked: members voted by rule."),
        (None, ""),
    ],
)
def test_who_was_asked_is_said_in_a_sentence(asked: AskedMembers | None, said: str) -> None:
    assert who_was_asked({"asked": asked} if asked else {}) == said
