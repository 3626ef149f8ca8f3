"""The picture of a neighbourhood: places that do not jump, what holds and what does not."""

import math
from datetime import UTC, datetime, timedelta
from itertools import combinations, pairwise

import pytest

from sigma_core.console.graph.fact_list import told_by
from sigma_core.console.graph.layout import WIDER, places
from sigma_core.console.graph.picture import ROOM, finding, picture
from sigma_core.graph.read_models import EntityNeighbourhood, EntityView, FactView, grow
from sigma_core.graph.similar_names import close_names, parts_of

NOW = datetime(2026, 3, 1, tzinfo=UTC)
DAY = timedelta(days=1)


def seen(name: str, kind: str = "thing") -> EntityView:
    return EntityView(name, name, "sigma_shared", (kind,))


def fact(a: str, b: str, begun: datetime = NOW - DAY, ended: datetime | None = None) -> FactView:
    return FactView(f"{a}{b}", (a, a), "CALLS", (b, b), f"{a} calls {b}", begun, ended, 1)


def star(count: int) -> EntityNeighbourhood:
    outer = [seen(f"n{n:02}") for n in range(count)]
    return EntityNeighbourhood(
        seen("m"), [(seen("m"), 0), *((each, 1) for each in outer)], [fact("m", one.uuid) for one in outer], 0
    )


def test_the_one_asked_for_stands_in_the_middle_and_no_two_in_one_place():
    found = places(star(40))
    assert found["m"] == (0.0, 0.0)
    assert min((ax - bx) ** 2 + (ay - by) ** 2 for (ax, ay), (bx, by) in combinations(found.values(), 2)) > 0.1**2


def test_who_is_reached_by_another_stands_near_it_one_ring_further():
    near = EntityNeighbourhood(
        seen("m"),
        [(seen("m"), 0), (seen("a"), 1), (seen("b"), 1), (seen("aa"), 2)],
        [fact("m", "a"), fact("m", "b"), fact("a", "aa")],
        0,
    )
    found = places(near)
    assert found["aa"][0] * found["a"][0] > 0
    assert abs(found["aa"][0]) > abs(found["a"][0])


def rows(near: EntityNeighbourhood, hop: int, rightwards: bool) -> list[float]:
    """How far below the top the names of one side of a ring stand, in pixels, the uppermost first."""
    (series,) = picture(near, NOW, dark=False)["series"]
    where = {each["id"]: each["value"] for each in series["data"]}
    high = max(abs(y) for _, y in where.values()) + 0.1
    ring = [where[entity.uuid] for entity, at in near.entities if at == hop]
    return sorted((high - y) / (2 * high) * ROOM for x, y in ring if (x >= 0) is rightwards)


@pytest.mark.parametrize("beyond", [0, 6])
def test_names_of_a_ring_stand_one_below_the_other_and_none_on_another(beyond: int) -> None:
    inner = [seen(f"proposal/{n}") for n in range(26)]
    outer = [seen(f"shop.module_{n}") for n in range(beyond)]
    facts = [fact("m", each.uuid) for each in inner]
    facts += [fact(inner[n].uuid, each.uuid) for n, each in enumerate(outer)]
    near = EntityNeighbourhood(
        seen("m"), [(seen("m"), 0), *((each, 1) for each in inner), *((each, 2) for each in outer)], facts, 0
    )
    for rightwards in (True, False):
        told = rows(near, 1, rightwards)
        assert len(told) > 10
        assert min(low - high for high, low in pairwise(told)) > 12.5
    found = places(near)
    radii = [math.hypot(found[each.uuid][0] / WIDER, found[each.uuid][1]) for each in (*inner, *outer)]
    assert max(radii[:26]) < min(radii[26:], default=9)


def test_what_does_not_hold_is_dashed_and_what_only_that_leads_to_is_faded():
    near = EntityNeighbourhood(
        seen("m"),
        [(seen("m"), 0), (seen("a"), 1), (seen("b"), 1)],
        [fact("m", "a"), fact("m", "b", ended=NOW - DAY / 2)],
        0,
    )
    (series,) = picture(near, NOW, dark=False)["series"]
    assert ["type" in line["lineStyle"] for line in series["links"]] == [False, True]
    assert ["itemStyle" in entity for entity in series["data"]] == [False, False, True]
    (before,) = picture(near, NOW - DAY * 3 / 4, dark=False)["series"]
    assert not any("type" in line["lineStyle"] for line in before["links"])
    assert [entity["value"] for entity in before["data"]] == [entity["value"] for entity in series["data"]]
    assert finding(near, NOW) == "m and 2 entities around it; 1 fact, 1 not at this moment"


def around(*kinds: str) -> EntityNeighbourhood:
    outer = [seen(f"n{number}", kind) for number, kind in enumerate(kinds)]
    facts = [fact("m", one.uuid) for one in outer]
    return EntityNeighbourhood(seen("m", "rule"), [(seen("m", "rule"), 0), *((each, 1) for each in outer)], facts, 0)


def test_a_kind_has_one_colour_and_shape_whatever_else_is_drawn_and_unknown_kinds_share_one():
    one, other = (
        {each["name"]: each for each in picture(near, NOW, dark=True)["series"][0]["categories"]}
        for near in (around("module"), around("proposal", "module", "module", "pattern", "kind1", "kind2"))
    )
    assert list(other) == ["module", "other", "kind of fix", "proposal", "rule"]
    assert one == {name: other[name] for name in one}
    marks = {(each["itemStyle"]["color"], each["symbol"]) for each in other.values()}
    assert len(marks) == len(other)


def test_a_fact_that_ends_before_it_begins_never_holds():
    never = fact("a", "b", begun=NOW, ended=NOW - DAY)
    assert {never.state(NOW + n * DAY) for n in range(-5, 5)} == {"later", "ended"}


def test_neighbours_are_taken_in_turns_and_those_left_out_are_counted():
    distance = {"m": 0, "a": 1, "b": 1}
    new, missed = grow(distance, [(["m", "c", "d", "e"], 9), (["f"], 1)], 2, most=5)
    assert new == ["f", "c"] or set(new) == {"c", "f"}
    assert missed == 5 + 2
    assert len(distance) == 5


def test_close_names_are_those_a_person_may_have_meant():
    names = ["unused import", "bare except", "import os", "x" * 400]
    assert close_names("unusd imports", names, 3)[0] == "unused import"
    assert close_names("", names, 3) == []
    assert parts_of("Mutable default_arg") == ["mut", "ble", "def", "ult", "arg"]
    assert len(parts_of("a b c " * 1000)) <= 12


@pytest.mark.parametrize(
    ("origins", "said"),
    [
        (("commit/3/0123456789abcdef",), "commit 01234567"),
        (("code/3",), "older than what was read"),
        (("fact/12",), "imported"),
        (("unheard/of", "fact/12"), "imported"),
        ((), ""),
    ],
)
def test_what_a_fact_comes_from_is_told_as_what_it_is(origins: tuple[str, ...], said: str) -> None:
    assert told_by(origins) == said
