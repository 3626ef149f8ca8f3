"""Many trials from one start, in the real sandbox: what each meets, and what none meets of another."""

import sys
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

import pytest
from fakes.small_repository import QUICK, SmallRepository

from sigma_core.projects.interpreter import find_interpreter
from sigma_core.projects.sandbox import ResourceLimits, Sandbox
from sigma_core.proposals.evidence import SuiteRunState
from sigma_core.proposals.verification.base_tree import BaseTree
from sigma_core.proposals.verification.bench import Trial
from sigma_core.proposals.verification.command import read_command
from sigma_core.proposals.verification.forked_bench import ForkedBench, Forking
from sigma_core.proposals.verification.report import ReportedOutcome
from sigma_core.proposals.verification.runs import SuiteSubject, TestRunner
from sigma_core.proposals.verification.suite_run import SuiteRun
from sigma_core.proposals.verification.variants import Variant, varied

pytestmark = pytest.mark.sandbox

SHAPES = '''"""Shapes."""

from functools import lru_cache


class Shape:
    def __init__(self, sides):
        self.sides = sides

    def corners(self):
        return self.sides


class Square(Shape):
    def __init__(self):
        super().__init__(4)

    def corners(self):
        return super().corners() + 0


def adder(more):
    def add(number):
        return number + more

    return add


two_more = adder(2)


@lru_cache
def doubled(number):
    return number * 2


def waited():
    return 1
'''
SHAPE_TESTS = """
import shapes


def test_corners():
    assert shapes.Square().corners() == 4


def test_sides():
    assert shapes.Square().sides == 4


def test_add():
    assert shapes.two_more(1) == 3


def test_doubled():
    assert shapes.doubled(3) == 6


def test_waited():
    assert shapes.waited() == 1
"""


class Checkout:
    """A repository with a bench for its base, and every run that was made apart."""

    def __init__(self, sandbox: Sandbox, folder: Path, files: Mapping[str, str], command: str = QUICK) -> None:
        self.small = SmallRepository(folder, files)
        tree = folder / "tree"
        for name, text in files.items():
            (tree / name).parent.mkdir(parents=True, exist_ok=True)
            (tree / name).write_text(text)
        self.files, self.alone = files, list[Sequence[Variant]]()
        found = find_interpreter(self.small.path, sys.executable, None)
        subject = SuiteSubject(self.small.path, found.executable, found.readable, read_command(command))
        self.runner = TestRunner(sandbox, subject, ResourceLimits(wall_s=120), lambda: False)
        self.base = BaseTree(tree)
        self.tests = self.runner.run(tree, collect_only=True).report.collected
        self.forking = Forking(True, dict.fromkeys(self.tests, 0.01))
        self.bench = ForkedBench(self.runner, self.base, files, self.forking, self._apart)

    def _apart(self, variants: Sequence[Variant], only: frozenset[str]) -> SuiteRun:
        self.alone.append(variants)
        with self.base.holding(varied(self.files, variants)) as tree:
            return self.runner.run(tree, only=only)

    def variant(self, file: str, old: str, new: str) -> Variant:
        lines = self.files[file].splitlines()
        (row,) = [number for number, line in enumerate(lines, 1) if old in line]
        column = lines[row - 1].index(old)
        return Variant(file, (row, column), (row, column + len(old)), new)

    def failed(self, *variants: Sequence[Variant], **how: bool) -> list[set[str]]:
        trials = [Trial(tuple(each), frozenset(self.tests), **how) for each in variants]
        return [
            {name.rpartition("::")[2] for name in run.report.outcomes if _fails(run, name)}
            for run in self.bench.run(trials)
            if run is not None
        ]


def _fails(run: SuiteRun, name: str) -> bool:
    return run.report.outcomes[name] >= ReportedOutcome.FAILED


Made = Callable[..., Checkout]


@pytest.fixture
def checkout(sandbox: Sandbox, tmp_path: Path) -> Made:
    return lambda files, command=QUICK: Checkout(sandbox, tmp_path, files, command)


def test_each_trial_meets_its_own_code_in_whatever_form_a_function_is_loaded(checkout: Made) -> None:
    here = checkout({"shapes.py": SHAPES, "test_shapes.py": SHAPE_TESTS})
    method = here.variant("shapes.py", "return super().corners() + 0", "return None")
    closure = here.variant("shapes.py", "return number + more", "return number")
    cached = here.variant("shapes.py", "return number * 2", "return number * 3")
    made = here.variant("shapes.py", "super().__init__(4)", "super().__init__(5)")
    assert here.failed([method], [], [closure], [cached], [made], [method, closure]) == [
        {"test_corners"},
        set(),
        {"test_add"},
        {"test_doubled"},
        {"test_corners", "test_sides"},
        {"test_corners", "test_add"},
    ]
    assert here.alone == []
    assert here.runner.count == 2


def test_unittest_is_forked_too(checkout: Made) -> None:
    text = "import unittest\nimport shapes\n\n\nclass Shapes(unittest.TestCase):\n" + "".join(
        f"    def {name}(self):\n        self.assertEqual({call}, {value})\n\n"
        for name, call, value in (("test_add", "shapes.two_more(1)", 3), ("test_doubled", "shapes.doubled(3)", 6))
    )
    here = checkout({"shapes.py": SHAPES, "test_shapes.py": text}, "python -m unittest")
    closure = here.variant("shapes.py", "return number + more", "return number")
    assert here.failed([], [closure]) == [set(), {"test_shapes.Shapes.test_add"}]
    assert here.alone == []


def test_a_trial_stops_at_the_first_test_that_tells_if_that_is_enough(checkout: Made) -> None:
    here = checkout({"shapes.py": SHAPES, "test_shapes.py": SHAPE_TESTS})
    made = here.variant("shapes.py", "super().__init__(4)", "super().__init__(5)")
    assert here.failed([made], until_noticed=True) == [{"test_corners"}]
    broken = here.variant("shapes.py", "return number * 2", "raise TypeError()")
    assert here.failed([broken, made], until_noticed=True) == [{"test_corners"}]


def test_code_that_does_not_end_is_let_go_by_the_time_it_works(checkout: Made) -> None:
    here = checkout({"shapes.py": SHAPES, "test_shapes.py": SHAPE_TESTS})
    endless = here.variant("shapes.py", "return 1", "return waited.__name__ and [0 for _ in iter(int, 1)]")
    closure = here.variant("shapes.py", "return number + more", "return number")
    trials = [Trial((each,), frozenset(here.tests)) for each in (endless, closure)]
    hung, other = here.bench.run(trials)
    assert hung is not None
    assert other is not None
    assert hung.state is SuiteRunState.TIMEOUT
    assert hung.report.first_missing == "test_shapes.py::test_waited"
    assert other.state is SuiteRunState.FAILED


LEAVING = """
import os
import pathlib
import tempfile

import shapes

PLACES = [pathlib.Path("left.txt"), pathlib.Path(tempfile.gettempdir()) / "left.txt"]


def test_add():
    assert not any(place.exists() for place in PLACES)
    for place in PLACES:
        place.write_text("left")
    assert pathlib.Path("data.txt").read_text() == "as it was"
    pathlib.Path("data.txt").write_text("changed")
    assert shapes.two_more(1) == 3
"""


def test_files_that_a_trial_leaves_or_changes_are_not_met_by_the_next(checkout: Made) -> None:
    here = checkout({"shapes.py": SHAPES, "test_shapes.py": LEAVING, "data.txt": "as it was"})
    cached = here.variant("shapes.py", "return number * 2", "return number * 3")
    assert here.failed([cached], [cached], []) == [set(), set(), set()]
    assert here.alone == []


HOARDING = """
import pathlib

import shapes

PLACE = pathlib.Path("/dev/shm/left")


def test_add():
    assert not PLACE.exists()
    PLACE.touch()
    assert shapes.two_more(1) == 3
"""


def test_where_trials_meet_what_others_left_each_is_run_by_itself(checkout: Made) -> None:
    here = checkout({"shapes.py": SHAPES, "test_shapes.py": HOARDING})
    cached = here.variant("shapes.py", "return number * 2", "return number * 3")
    assert here.failed([], [cached], [cached]) == [set(), set(), set()]
    assert len(here.alone) == 3
    assert not here.bench.apart


def test_where_threads_run_before_any_test_nothing_is_forked(checkout: Made) -> None:
    threads = "import threading\nthreading.Thread(target=threading.Event().wait, daemon=True).start()\n"
    here = checkout({"shapes.py": SHAPES, "test_shapes.py": SHAPE_TESTS, "conftest.py": threads})
    cached = here.variant("shapes.py", "return number * 2", "return number * 3")
    assert here.failed([cached]) == [{"test_doubled"}]
    assert not here.bench.apart


def test_where_other_code_is_loaded_than_the_file_holds_all_that_has_to_look_alike_is_run_alone(checkout: Made) -> None:
    other = "import shapes\nexec('def doubled(number): return number + number', shapes.__dict__)\n"
    here = checkout(
        {"shapes.py": SHAPES, "test_shapes.py": SHAPE_TESTS, "conftest.py": f"{other}import gc\ngc.collect()\n"}
    )
    cached = here.variant("shapes.py", "return number * 2", "return number * 3")
    closure = here.variant("shapes.py", "return number + more", "return number")
    assert here.failed([], [cached], [closure]) == [set(), set(), {"test_add"}]
    assert here.alone == [(), (cached,), (closure,)]
    assert here.bench.apart


def test_a_class_is_loaded_anew_and_so_is_the_trial_with_nothing_changed(checkout: Made) -> None:
    here = checkout({"shapes.py": SHAPES, "test_shapes.py": SHAPE_TESTS})
    base = here.variant("shapes.py", "class Square(Shape):", "class Square(int):")
    assert here.failed([], [base])[1] >= {"test_corners"}
    assert here.alone == [(), (base,)]


def test_where_nothing_can_be_forked_each_is_run_by_itself(checkout: Made) -> None:
    here = checkout({"shapes.py": SHAPES, "test_shapes.py": SHAPE_TESTS})
    here.forking.usable = False
    cached = here.variant("shapes.py", "return number * 2", "return number * 3")
    assert here.failed([], [cached]) == [set(), {"test_doubled"}]
    assert here.failed([cached]) == [{"test_doubled"}]


def test_nothing_begins_after_its_time(checkout: Made) -> None:
    here = checkout({"shapes.py": SHAPES, "test_shapes.py": SHAPE_TESTS})
    assert here.bench.run([Trial((), frozenset(here.tests))], 0) == [None]
