"""Near duplicates: the same knowledge in other words is one item; what differs in claim never is."""

import threading
from typing import Any

import pytest
from fakes.knowledge import VALID
from fakes.labelled_pairs import DIFFERENT, SAME
from hypothesis import given
from hypothesis import strategies as st
from sqlmodel import func, select

from sigma_core.exchange.digests import folded, is_near, meaning_words, near_key
from sigma_core.exchange.message import Draft
from sigma_core.exchange.payload import Payload
from sigma_core.exchange.tables import Knowledge
from sigma_core.exchange.types import BUILT_IN, RiskPattern, SuccessfulFix

FIX = VALID["successful_fix"]


def are_near(
    kind: type[Payload], one: dict[str, Any], other: dict[str, Any], projects: tuple[int, int] = (1, 1)
) -> bool:
    keys = {near_key(kind, data, folded(data), project) for data, project in zip((one, other), projects, strict=True)}
    return len(keys) == 1 and None not in keys and is_near(kind, one, other)


def detailed(details: object) -> dict[str, Any]:
    return FIX | {"fix_details": details}


def test_no_pair_that_says_different_things_is_merged() -> None:
    merged = [pair for pair in DIFFERENT if are_near(SuccessfulFix, *map(detailed, pair))]
    assert merged == []


def test_most_pairs_that_say_the_same_are_merged() -> None:
    merged = [pair for pair in SAME if are_near(SuccessfulFix, *map(detailed, pair))]
    assert merged == list(SAME[: len(merged)])
    assert len(merged) / len(SAME) >= 0.75


@given(st.text(), st.text())
def test_what_is_said_stays_said_when_it_is_said_again(one: str, other: str) -> None:
    assert meaning_words(meaning_words(one)).casefold() == meaning_words(one).casefold() or "'" in one or "’" in one
    assert meaning_words(f"{one} {other}").startswith(meaning_words(one))


@pytest.mark.parametrize("kind", [kind for kind in BUILT_IN if kind.prose], ids=lambda kind: kind.name)
def test_whatever_differs_in_a_typed_field_is_never_near(kind: type[Payload]) -> None:
    payload = kind(**VALID[kind.name]).model_dump()
    for field in set(payload) - set(kind.volatile) - set(kind.prose):
        changed = payload | {field: not payload[field] if isinstance(payload[field], bool) else "something else"}
        assert not are_near(kind, payload, changed)
    assert not are_near(kind, payload, payload, projects=(1, 2))
    assert are_near(kind, payload, payload)


@pytest.mark.parametrize(
    ("one", "other", "near"),
    [
        ({"lines": 1, "share": 0.5}, {"share": 0.50001, "lines": 1}, True),
        ({"lines": 1, "share": 0.5}, {"lines": 1, "share": 0.51}, False),
        ({"lines": 1}, {"lines": 2}, False),
        ({"lines": 1}, {"lines": 1.0}, True),
        ({"version": 3.11}, {"version": 3.12}, False),
        (["a step", "b step"], ["The a step"[4:], "b steps"], True),
        (["first", "second"], ["second", "first"], False),
        ({"a": 0.5, "b": 0.7}, {"a": 0.7, "b": 0.5}, False),
        ("1", 1, False),
        ({"on": True}, {"on": False}, False),
        ({"on": True}, {"on": 1}, False),
        ([0.5], [".."], False),
        ([None], [""], False),
    ],
)
def test_details_are_near_by_shape_and_by_number(one: object, other: object, near: bool) -> None:
    assert are_near(SuccessfulFix, detailed(one), detailed(other)) is near


def risk(context: object, **changed: object) -> dict[str, Any]:
    return {"pattern": "sql by hand", "severity": "high", "confidence": 0.5, "context": context} | changed


def items(bench) -> int:
    with bench.database.reading() as session:
        return session.exec(select(func.count()).select_from(Knowledge)).one()


def test_the_same_in_other_words_is_evidence_for_what_is_known_in_the_words_it_has(bench) -> None:
    first = bench.exchange.publish("dream", "risk_pattern", risk("The tests don't cover this"))
    bench.forward(3600)
    again = bench.exchange.publish("operator", "risk_pattern", risk("tests do not cover this.", confidence=0.9))
    assert (again.message_id, again.duplicate) == (first.message_id, True)
    third = bench.exchange.publish("integrator", "risk_pattern", risk("tests do not cover this."))
    assert third.message_id == first.message_id
    with bench.database.reading() as session:
        known = session.get_one(Knowledge, first.message_id)
        assert (known.evidence_count, known.data["confidence"]) == (3, 0.5)
        assert known.data["context"] == "The tests don't cover this"
        assert known.meta == {"confirmed_by": ["operator", "integrator"]}
        assert (known.refreshed_at - known.created_at).total_seconds() >= 3600
    assert len(bench.exchange.receive("think")) == 1


def test_a_batch_knows_what_it_says_twice_in_other_words(bench) -> None:
    drafts = [
        Draft("operator", "risk_pattern", risk(words)) for words in ("a lock is missing", "lock is missing.", "no lock")
    ]
    published = bench.exchange.publish_many(drafts)
    assert [one.duplicate for one in published] == [False, True, False]
    assert published[0].message_id == published[1].message_id
    assert items(bench) == 2


def test_near_words_with_another_claim_are_a_conflict_and_no_duplicate(bench) -> None:
    bench.exchange.publish("operator", "risk_pattern", risk("the lock is missing"))
    other = bench.exchange.publish("operator", "risk_pattern", risk("lock is missing", severity="low"))
    assert not other.duplicate
    assert len(bench.exchange.conflicts()) == 1


def test_near_knowledge_past_its_life_is_new_again(bench) -> None:
    payload = VALID["context_enrichment"] | {"enrichment": "the cache was cold"}
    bench.exchange.publish("operator", "context_enrichment", payload)
    bench.forward(43 * 3600)
    again = bench.exchange.publish("operator", "context_enrichment", payload | {"enrichment": "cache was cold"})
    assert not again.duplicate


def test_publishers_of_near_knowledge_at_once_make_one_item(bench) -> None:
    start = threading.Barrier(4)
    failed: list[BaseException] = []

    def publish(words: str) -> None:
        start.wait()
        try:
            for number in range(6):
                bench.exchange.publish(
                    "operator", "successful_fix", FIX | {"pattern": f"p{number}", "fix_details": words}
                )
        except BaseException as error:  # noqa: BLE001 (told below)
            failed.append(error)

    words = ("remove the line", "Remove line.", "remove lines", "please remove the line")
    threads = [threading.Thread(target=publish, args=(one,)) for one in words]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failed == []
    with bench.database.reading() as session:
        assert session.exec(select(Knowledge.evidence_count)).all() == [4] * 6


def test_only_the_newest_few_of_one_key_are_looked_at(bench) -> None:
    for number in range(12):
        bench.exchange.publish("operator", RiskPattern(**risk({"share": 0.1 + number / 10 + 0.01})))
    assert items(bench) == 12
    assert bench.exchange.publish("operator", "risk_pattern", risk({"share": 1.2100001})).duplicate
    assert not bench.exchange.publish("operator", "risk_pattern", risk({"share": 0.1100001})).duplicate
