"""What a snapshot shows of a moment. Pure."""

from dataclasses import replace

import numpy as np
import pytest
from fakes.graph_snapshots import DAY_S, NOW, snapshot

from sigma_core.graph.snapshot_columns import EntityColumns, FactColumns, arranged
from sigma_core.graph.snapshots import bounds
from sigma_core.graph.texts import Texts

AT = NOW.timestamp()


def test_texts_come_back_as_they_were_put_in() -> None:
    some = ["", "a", "ü€😀", "line\nline", "a|b"]
    packed = Texts.of(some)
    assert list(packed) == some
    assert [packed.take(np.array([3, 2]))[number] for number in (0, 1)] == [some[3], some[2]]
    assert len(Texts.of([])) == 0


def test_a_fact_holds_from_its_beginning_to_before_its_end() -> None:
    whole = snapshot([("a", "b", "SAYS", 2.0, 1.0)])
    held = {days: len(whole.holding(AT - days * DAY_S).facts) for days in (3, 2, 1.5, 1, 0)}
    assert held == {3: 0, 2: 1, 1.5: 1, 1: 0, 0: 0}


def test_a_fact_that_ends_before_it_begins_never_holds() -> None:
    whole = snapshot([("a", "b", "SAYS", 1.0, 2.0)])
    assert [len(whole.holding(AT - days * DAY_S).facts) for days in (3.0, 2, 1.5, 1, 0)] == [0] * 5
    assert len(whole.known_at(AT).facts) == 1


def test_until_its_end_was_known_a_fact_was_thought_to_last() -> None:
    whole = snapshot([("a", "b", "SAYS", 5.0, 3.0)])
    late = replace(whole, facts=replace(whole.facts, expired_at=np.array([AT - DAY_S])))
    assert len(late.holding(AT - 2 * DAY_S).facts) == 1
    assert len(late.holding(AT).facts) == 0


def test_what_came_to_be_known_later_was_not_there() -> None:
    whole = snapshot([("a", "b"), ("b", "c")])
    born = whole.born_at.copy()
    born[2] = AT + 1
    before = replace(whole, born_at=born).holding(AT)
    assert list(before.names) == ["a", "b"]
    assert len(before.facts) == 1
    assert len(before.facts.uuids[0]) == 36


def test_a_view_is_kept_until_something_begins_or_ends() -> None:
    whole = snapshot([("a", "b", "SAYS", 3.0, 1.0), ("b", "c")])
    assert whole.holding(AT) is whole.holding(AT + 100)
    assert whole.holding(AT).version != whole.holding(AT - 2 * DAY_S).version
    assert whole.known_at(AT) is whole


def test_names_are_compared_as_the_graph_does_and_the_first_group_counts_first() -> None:
    groups = {"x": "sigma_shared", "y": "sigma_project_1"}
    whole = snapshot([("x", "y")], groups=groups)
    assert whole.positions("  x ") == [0]
    assert not whole.positions("X")
    same = replace(whole, names=Texts.of(["x", "x"]), groups=["sigma_project_1", "sigma_shared"])
    assert replace(same, group=np.array([1, 0], np.int32)).positions("x") == [1, 0]


@pytest.mark.parametrize("last", [-1, 0, 5, 999])
@pytest.mark.parametrize("portions", [1, 2, 7, 40])
def test_portions_leave_no_number_out(portions: int, last: int) -> None:
    met = [number for low, high in bounds(last, portions) for number in range(low, high)]
    assert met == list(range(last + 1))


def fact_row(uuid: str, source: int, target: int, valid: str = "2026-03-01T12:00:00.25+00:00") -> list[object]:
    return [uuid, source, target, valid, valid, None, None, "CALLS", f"fact {uuid} ü"]


def entity_row(number: int, uuid: str) -> list[object]:
    return [number, uuid, "sigma_project_1", "2026-03-01T12:00:00+00:00", "\nclass\nthing", f"name {uuid}", ""]


def test_columns_are_arranged_by_our_ids_whatever_the_order_of_the_database() -> None:
    facts, entities = FactColumns(), EntityColumns(["sigma_project_1"])
    facts.add([fact_row("f2", 9, 4)])
    facts.add([])
    facts.add([fact_row("f1", 4, 9), fact_row("f0", 4, 77)])
    entities.add([entity_row(9, "e1"), entity_row(4, "e2")])
    made = arranged("1", entities, facts)
    assert (list(made.uuids), list(made.names)) == (["e1", "e2"], ["name e1", "name e2"])
    assert list(made.facts.uuids) == ["f1", "f2"], "the end of one was removed meanwhile"
    assert [made.facts.source.tolist(), made.facts.target.tolist()] == [[1, 0], [0, 1]]
    assert (made.kinds[0], made.facts.sentences[1]) == (("class", "thing"), "fact f2 ü")
    assert made.facts.valid_at.tolist() == [NOW.timestamp() + 0.25] * 2
    assert np.isnan(made.facts.invalid_at).all()


def test_facts_without_any_entity_are_none() -> None:
    facts = FactColumns()
    facts.add([fact_row("f", 1, 2)])
    assert len(arranged("1", EntityColumns([]), facts).facts) == 0
