"""What the probe calls functions with, how it tells results apart, and which functions it is asked to compare."""

import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from types import ModuleType

import pytest
from fakes.patience import PATIENCE_S

from sigma_core.proposals import diff as diffs
from sigma_core.proposals.verification.differential.pairs import pairs_of
from sigma_core.proposals.verification.patch import Change, ChangedFile, Patch
from sigma_core.proposals.verification.probe_programs import PROBE


@pytest.fixture(scope="module", autouse=True)
def probe() -> Iterator[None]:
    sys.path.append(str(PROBE))
    yield
    sys.path.remove(str(PROBE))


def described(value: object) -> str:
    from sigma_probe.differing.describing import described

    return described(value)


class Point:
    def __init__(self, x: object) -> None:
        self.x = x


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        (1, True, False),
        (1, 1.0, False),
        (0.0, -0.0, False),
        (float("nan"), float("nan"), True),
        ([1], (1,), False),
        ({1, 2}, {2, 1}, True),
        ({"a": 1, "b": 2}, {"b": 2, "a": 1}, False),
        (iter([1]), (each for each in [1]), True),
        (Point(1), Point(1), True),
        (Point(1), Point(2), False),
        (ValueError("a"), ValueError("b"), False),
        (object(), object(), True),
    ],
)
def test_values_are_told_apart_as_code_could(one: object, other: object, same: bool) -> None:
    assert (described(one) == described(other)) is same


def test_a_value_that_is_there_twice_is_told_from_two_equal_ones() -> None:
    inner = [1]
    assert described([inner, inner]) != described([[1], [1]])


def test_a_value_without_end_is_looked_at_in_part() -> None:
    inner: list[object] = []
    inner.append(inner)
    assert described(inner) == "[<the same object as the 1. in here>]"


def inputs_of(function: object, calls: list[dict[str, object]]) -> list[str]:
    from sigma_probe.differing.calls import Input, Shape
    from sigma_probe.differing.comparing import _inputs
    from sigma_probe.differing.making import hypothesis_in, seeded

    shape = Shape(function.__code__)  # type: ignore[attr-defined]
    recorded = [Input(values, origin="recorded") for values in calls]
    found = _inputs(function, shape, (recorded, []), hypothesis_in(("", "")), seeded("abcdef12"))
    return [f"{each.text}{' (odd)' if each.foreign else ''}" for each in found]


def plain(value):
    return value


def declared(value: int) -> int:
    return value


def test_inputs_begin_with_what_was_recorded_and_are_the_same_each_time() -> None:
    found = inputs_of(plain, [{"value": [1, 2]}])
    assert found[0] == "value=[1, 2]"
    assert found == inputs_of(plain, [{"value": [1, 2]}])
    assert len(found) == len(set(found))


def test_inputs_hold_empty_ones_subclasses_generators_and_overloaded_operators() -> None:
    found = inputs_of(plain, [{"value": [1, 2]}])
    for expected in (
        "value=[]",
        "value=Items([1, 2])",
        "value=EqualToAll() (odd)",
        "value=Elementwise() (odd)",
        "value=(each for each in [1, 2]) (odd)",
    ):
        assert expected in found
    assert "value=nan" in inputs_of(plain, [{"value": 1.5}])


def test_a_declared_type_is_kept_to() -> None:
    found = inputs_of(declared, [])
    assert len(found) > 20
    assert not [each for each in found if "odd" in each or each.removeprefix("value=").strip("-").isalpha()]


def test_a_generator_is_made_anew_for_each_call() -> None:
    from sigma_probe.differing.calls import Shape
    from sigma_probe.differing.odd import Fresh

    shape = Shape(plain.__code__)
    for _ in range(2):
        positional, _ = shape.bound({"value": Fresh(1, 2)})
        assert list(positional[0]) == [1, 2]


def test_an_argument_that_was_left_out_is_left_to_the_default() -> None:
    from sigma_probe.differing.calls import Shape

    def several(one, two=2, *rest, three=3, **more):
        return one, two, rest, three, more

    shape = Shape(several.__code__)
    positional, keywords = shape.bound({"one": 1, "three": 4, "rest": (), "more": {"four": 5}})
    assert several(*positional, **keywords) == (1, 2, (), 4, {"four": 5})


def test_calls_are_recorded_as_copies_with_defaults_left_out() -> None:
    from sigma_probe.differing.recording import Recorder

    module = ModuleType("recorded_here")
    text = "def grow(items, by=[]):\n    items.append(1)\n    return items\n"
    exec(compile(text, __file__, "exec"), vars(module))
    recorder = Recorder([{"file": __file__, "line": 1, "name": "grow"}])
    recorder.start()
    module.grow([0])
    module.grow([0], [2])
    recorder.stop()
    assert [each.text for each in recorder.calls[0]] == ["items=[0]", "items=[0], by=[2]"]


BEFORE = """
class Door:
    def shut(self):
        def inner():
            return 1
        return inner()

    def open(self):
        return 1


def gone():
    return 1
"""


def test_the_functions_compared_are_those_that_both_versions_have() -> None:
    after = BEFORE.replace("            return 1", "            return 2").replace("def gone", "def new")
    changes = diffs.parse(diffs.make("door.py", BEFORE, after))
    file = ChangedFile("door.py", "door.py", BEFORE, after, tuple(changes[0].edits()))
    found = pairs_of(Patch(Change(1, "", "base"), "digest", (file,)))
    assert [(each.name, each.old.line) for each in found] == [("Door.shut", 3)]
    assert Path(found[0].file.path).name == "door.py"


def test_time_is_that_of_the_processor_and_the_wall_clock_only_ends_it_in_the_end() -> None:
    from sigma_probe.differing.share import Share

    waited, over = Share(0.05, patience=10_000), Share(0.05, patience=1e-6)
    time.sleep(0.1)
    assert waited.left > 0
    assert over.left == 0
    busy = Share(0.05, patience=10_000)
    while busy.left:
        pass


def works() -> int:
    end = time.process_time() + 0.3
    while time.process_time() < end:
        pass
    return 1


def works_for_ever() -> None:
    while True:
        pass


def waits() -> None:
    time.sleep(3600)


@pytest.mark.skipif(sys.platform != "linux", reason="reads what Linux tells of processes")
def test_who_works_is_given_time_though_others_take_it_and_who_waits_is_not() -> None:
    from sigma_probe.differing.calling import observed
    from sigma_probe.differing.calls import Input, Shape

    def seen(function: Callable[[], object]) -> tuple[list[object], bool]:
        ends = time.monotonic() + PATIENCE_S
        return observed(function, Shape(function.__code__), [Input({})], 0.1, ends, [], busy_s=0.2, patient=True)

    records, hung = seen(works)
    assert (len(records), hung) == (1, False)
    assert seen(works_for_ever) == ([], True)
    assert seen(waits) == ([], True)
