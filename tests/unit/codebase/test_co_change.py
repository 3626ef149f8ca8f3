"""What the latest changes of a file say."""

from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from sigma_core.codebase.co_change import HALF_LIFE, MOST, WINDOW, changed_with, known_by

NOON = datetime(2026, 1, 1, 12, tzinfo=UTC)


def window(*changes: set[str]) -> list[tuple[datetime, set[str]]]:
    return [(NOON - timedelta(days=age), things) for age, things in enumerate(changes)]


def test_what_was_touched_twice_beside_a_file_changes_with_it() -> None:
    (found,) = changed_with(window({"tax"}, {"cart"}, {"tax"}, set()))
    assert (found.thing, found.support, found.since) == ("tax", 2, NOON - timedelta(days=2))
    # Two of four changes, and one is added that did not touch it
    assert 0.35 < found.strength < 0.45


def test_the_latest_changes_count_most() -> None:
    older = [set[str]() for _ in range(HALF_LIFE)]
    (late,), (early,) = (changed_with(window(*some)) for some in ([{"x"}] * 9 + older, older + [{"x"}] * 9))
    assert early.strength < late.strength * 0.6


def test_who_made_most_of_the_latest_changes_knows_a_file_best() -> None:
    people = ["ann", "ann", "bob", "ann"]
    found = known_by([(NOON - timedelta(days=age), name) for age, name in enumerate(people)])
    assert [(each.thing, each.support) for each in found] == [("ann", 3), ("bob", 1)]
    assert sum(each.strength for each in found) == 1


@given(st.lists(st.sets(st.sampled_from("abcdefgh"), max_size=8), max_size=300))
def test_confidences_are_shares_and_are_bounded(changes: list[set[str]]) -> None:
    found = changed_with(window(*changes))
    assert len(found) <= MOST
    assert all(0 < each.strength < 1 and 2 <= each.support <= WINDOW for each in found)
    assert found == sorted(found, key=lambda each: -each.strength)
