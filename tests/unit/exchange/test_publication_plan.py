"""What a publication is to change, told without a store."""

from fakes.knowledge import fix, risk

from sigma_core.exchange.message import Draft
from sigma_core.exchange.plan import KnownItem, KnownItems, planned
from sigma_core.exchange.registry import Registry
from sigma_core.exchange.validation import Checked, check

NOTHING = KnownItems({}, {}, {}, ())


def checked(*drafts: Draft) -> list[Checked]:
    registry = Registry()
    return [check(draft, registry) for draft in drafts]


def test_what_is_said_twice_is_one_entry_that_goes_to_all_who_are_named() -> None:
    plan = planned(
        checked(
            Draft("operator", risk(confidence=0.5), targets=["think"], urgency="high"),
            Draft("dream", risk(confidence=0.7), targets=["think", "learning"]),
        ),
        NOTHING,
    )
    [entry] = plan.new
    assert (plan.repeated, entry.times, entry.confirmed_by) == ([], 2, ("dream",))
    assert entry.copies == [("high", ("think",)), ("normal", ("learning",))]
    assert (entry.first.data["confidence"], entry.latest.data["confidence"]) == (0.5, 0.7)
    assert [(one.recipients, one.duplicate) for one in plan.answers] == [
        (("think",), False),
        (("think", "learning"), True),
    ]


def test_what_is_known_is_repeated_for_those_alone_who_neither_have_it_nor_said_it() -> None:
    items = checked(Draft("dream", fix(), targets=["think", "learning", "recall"]))
    known = KnownItem(7, "learning", ("think",))
    plan = planned(items, KnownItems({}, {items[0].digest: known}, {}, ()))
    [entry] = plan.repeated
    assert (plan.new, entry.id, entry.copies) == ([], 7, [("normal", ("recall",))])
    assert plan.answers[0].published(()).recipients == ("think", "recall")


def test_a_finding_that_was_told_of_changes_nothing() -> None:
    known = KnownItem(7, "operator", ("think",))
    drafts = [Draft("operator", risk(1), origin="issue/1"), Draft("operator", risk(2), origin="issue/1")]
    plan = planned(checked(*drafts), KnownItems({"issue/1": known}, {}, {}, ()))
    assert (plan.new, plan.repeated, plan.origins) == ([], [], [])
    assert [one.published(()).message_id for one in plan.answers] == [7, 7]


def test_what_had_lost_meets_its_rivals_again_after_what_is_new() -> None:
    items = checked(Draft("operator", risk(severity="high")), Draft("operator", risk(severity="low")))
    lost = KnownItem(3, "dream", (), contradicted=True)
    plan = planned(items, KnownItems({}, {items[0].digest: lost}, {}, ()))
    plan.new[0].id = 4
    assert list(plan.challengers) == [4, 3]
    assert plan.new[0].first.subject == plan.repeated[0].first.subject
