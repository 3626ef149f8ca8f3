"""The blast radius as it is drawn. Pure."""

from fakes.graph_snapshots import Link, snapshot

from sigma_core.console.graph.blast_picture import MOST_A_STEP, Reached, drawn, finding, picture, reached
from sigma_core.strategies.blast_radius import blast_radius

KINDS = {"shop": "module", "tests": "module", "rate": "function", "total": "function", "pay": "function"}
LINKS: list[Link] = [
    ("shop", "rate", "DEFINES"),
    ("shop", "total", "DEFINES"),
    ("shop", "pay", "DEFINES"),
    ("tests", "test_total", "DEFINES"),
    ("total", "rate", "CALLS"),
    ("pay", "total", "CALLS"),
    ("test_total", "total", "CALLS"),
]


def found(*more: Link, **kinds: str) -> list[Reached]:
    seen = snapshot([*LINKS, *more], kinds={**KINDS, "test_total": "test", **kinds})
    return reached(blast_radius(seen, seen.positions("rate"), 3))


def test_what_changes_stands_first_and_each_step_says_why() -> None:
    told = {each.name: (each.step, each.because) for each in found()}
    assert told["rate"] == (0, "It is what changes.")
    assert told["total"] == (1, "total calls rate.")
    assert told["test_total"] == (2, "test_total calls total.")


def test_what_no_test_reaches_is_hollow_and_counted() -> None:
    seen = found()
    shown = drawn(seen)
    series = picture(shown, dark=True)["series"][0]
    hollow = [each["name"] for each in series["data"] if "itemStyle" in each]
    assert hollow == ["pay"]
    assert finding(seen, shown, 3) == "2 dependents, 1 module and 1 test within 3 steps; 1 that no test reaches"
    ids = {each["id"] for each in series["data"]}
    assert {line["source"] for line in series["links"]} | {line["target"] for line in series["links"]} <= ids


def test_of_each_step_so_many_are_drawn_as_can_be_read() -> None:
    callers = [f"caller{number}" for number in range(50)]
    seen = found(*((each, "rate", "CALLS") for each in callers), **dict.fromkeys(callers, "function"))
    shown = drawn(seen)
    assert sum(each.step == 1 for each in shown) == MOST_A_STEP
    assert f"{len(seen) - len(shown)} more not drawn" in finding(seen, shown, 3)
    assert all(each.via in {one.position for one in shown} for each in shown)
