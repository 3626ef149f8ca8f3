"""Old and new versions of functions on the same inputs, in the real sandbox."""

import shutil
import sys
import venv
from collections.abc import Callable
from dataclasses import replace
from importlib.metadata import files, version
from importlib.util import find_spec
from pathlib import Path

import pytest
from fakes.behaviour_pairs import DIFFERENT, EQUAL
from fakes.small_repository import SmallRepository

from sigma_core.projects.interpreter import find_interpreter
from sigma_core.projects.sandbox import Grade, ResourceLimits, Sandbox
from sigma_core.projects.sandbox.select import SelectedSandbox
from sigma_core.proposals.committee import Vote
from sigma_core.proposals.decision import Thresholds, decide
from sigma_core.proposals.evidence import DifferenceState, Differential, Evidence
from sigma_core.proposals.tables import Verdict
from sigma_core.proposals.verification.command import read_command
from sigma_core.proposals.verification.differential import compared
from sigma_core.proposals.verification.patch import Change, Promise, read_patch
from sigma_core.proposals.verification.runs import SuiteSubject, TestRunner
from sigma_core.proposals.verification.verifier import Verifier
from sigma_core.settings import Settings

pytestmark = pytest.mark.sandbox

GATE = '''"""Doors."""


def is_open(door):
    if door == None:
        return False
    return True


def first(queue: list):
    return list(queue)[0]


def twice(number: int) -> int:
    if number:
        return number * 2
    else:
        return 0
'''
TESTS = """
import gate


def test_doors():
    assert gate.is_open(1)
    assert not gate.is_open(None)


def test_first():
    assert gate.first([3, 4]) == 3


def test_twice():
    assert gate.twice(2) == 4
    assert gate.twice(0) == 0
"""
FILES = {"gate.py": GATE, "tests/test_gate.py": TESTS}

Repository = Callable[..., SmallRepository]
Compare = Callable[..., dict[int, Evidence]]


@pytest.fixture(scope="session")
def sandbox(tmp_path_factory: pytest.TempPathFactory) -> Sandbox:
    found = SelectedSandbox(Settings(home=tmp_path_factory.mktemp("home")))
    if found.grade is not Grade.FULL:
        pytest.skip("no full sandbox here")
    return found


@pytest.fixture
def repository(tmp_path: Path) -> Repository:
    return lambda files=FILES, **settings: SmallRepository(tmp_path, files, **settings)


@pytest.fixture
def compare(sandbox: Sandbox) -> Compare:
    def all_of(repository: SmallRepository, *changes: Change) -> dict[int, Evidence]:
        return Verifier(projects=repository, sandbox=sandbox, home=repository.home).verify(repository.project, changes)

    return all_of


def verdict(evidence: Evidence) -> tuple[Verdict, str]:
    """What is decided where every member of the committee is content."""
    ruling = decide(evidence, [Vote("architect", 1.0, 1.0, 1.0, {}, [])], Thresholds())
    return ruling.verdict, ruling.reasons[0]


def differences(
    sandbox: Sandbox, repository: SmallRepository, pairs: dict[str, tuple[str, str, str]]
) -> dict[str, Differential]:
    """All pairs, each a module of its own, compared in one run."""
    changes = {
        name: replace(repository.change(number, f"{name}.py", lambda _, new=new: new), promise=Promise.KEPT)
        for number, (name, (_, new, _)) in enumerate(pairs.items())
    }
    patches = [read_patch(repository.clone(repository.project), change) for change in changes.values()]
    subject = SuiteSubject(
        repository.path,
        Path(sys.executable),
        find_interpreter(repository.path, sys.executable, None).readable,
        read_command("python -m pytest -q -p no:cacheprovider"),
    )
    runner = TestRunner(sandbox, subject, ResourceLimits(), lambda: False)
    with repository.clone(repository.project).tree(repository.head) as tree:
        report = runner.run(tree, trace=[f"{name}.py" for name in pairs]).report
        found = compared(patches, runner, tree, report)
    return {name: found[change.proposal_id] for name, change in changes.items()}


def files_of(pairs: dict[str, tuple[str, str, str]]) -> dict[str, str]:
    modules = {f"{name}.py": old for name, (old, _, _) in pairs.items()}
    tests = "".join(
        f"\ndef test_{name}():\n    exec({call!r}, vars(__import__({name!r})))\n"
        for name, (_, _, call) in pairs.items()
    )
    return modules | {"tests/test_all.py": tests}


def test_pairs_that_behave_otherwise_are_found(sandbox: Sandbox, repository: Repository) -> None:
    found = differences(sandbox, repository(files_of(DIFFERENT)), DIFFERENT)
    assert {name: each.detail for name, each in found.items() if each.state is not DifferenceState.DIFFERS} == {}


def test_rewrites_that_behave_alike_raise_no_alarm(sandbox: Sandbox, repository: Repository) -> None:
    found = differences(sandbox, repository(files_of(EQUAL)), EQUAL)
    assert {name: each.counterexample for name, each in found.items() if each.counterexample} == {}
    assert [name for name, each in found.items() if each.state is DifferenceState.NOT_COMPARABLE] == ["written_file"]


def test_a_safe_fix_that_differs_is_rejected_with_its_counterexample(repository: Repository, compare: Compare) -> None:
    small = repository()
    spelled = small.replacing(1, "gate.py", "door == None", "door is None")
    taken = small.replacing(2, "gate.py", "list(queue)[0]", "next(iter(queue))")
    flat = small.replacing(
        3, "gate.py", "        return number * 2\n", "        doubled = number * 2\n        return doubled\n"
    )
    told = compare(
        small,
        replace(spelled, promise=Promise.KEPT),
        replace(taken, promise=Promise.MEANT),
        replace(flat, promise=Promise.KEPT),
    )
    assert verdict(told[1]) == (
        Verdict.REJECTED,
        "Does not keep the behaviour, as is said of it: is_open with door=EqualToAll(): returns False before, "
        "returns True after.",
    )
    assert told[1].differential.counterexample.odd
    assert verdict(told[2]) == (
        Verdict.NEEDS_HUMAN,
        "Changes the behaviour: first with queue=[]: raises IndexError before, raises StopIteration after.",
    )
    assert told[3].differential.state is DifferenceState.NO_DIFFERENCE
    assert told[3].differential.recorded == 2
    assert told[3].differential.searchers[0] == f"Hypothesis {version('hypothesis')}"
    assert told[3].differential.lacking == ""
    assert told[3].differential.inputs > 20
    assert verdict(told[3])[0] is not Verdict.REJECTED


def test_evidence_names_what_made_inputs_and_what_could_not(repository: Repository, compare: Compare) -> None:
    small = repository({**FILES, "hypothesis.py": "raise ImportError\n"})
    turned = small.replacing(1, "gate.py", "return number * 2", "return 2 * number")
    found = compare(small, replace(turned, promise=Promise.KEPT))[1].differential
    assert found.state is DifferenceState.NO_DIFFERENCE
    assert not any(each.startswith("Hypothesis") for each in found.searchers)
    python = f"{sys.version_info[0]}.{sys.version_info[1]}"
    assert found.lacking == f"Hypothesis was not used: neither the project's nor SIGMA's loads in Python {python}."


def test_a_project_that_has_no_hypothesis_is_compared_by_ours(repository: Repository, compare: Compare) -> None:
    small = repository()
    venv.create(small.path / ".venv", symlinks=True)
    (site,) = (small.path / ".venv").glob("lib/python*/site-packages")
    for name in ("pytest", "pluggy", "iniconfig", "packaging", "pygments"):
        for file in files(name) or ():
            if ".." not in file.parts:
                (site / file).parent.mkdir(parents=True, exist_ok=True)
                shutil.copy(file.locate(), site / file)
    small.project.python = str(small.path / ".venv" / "bin" / "python")
    turned = small.replacing(1, "gate.py", "return number * 2", "return 2 * number")
    evidence = compare(small, replace(turned, promise=Promise.KEPT))[1]
    assert evidence.insufficient == []
    found = evidence.differential
    assert (found.state, found.lacking) == (DifferenceState.NO_DIFFERENCE, "")
    assert found.searchers[0].startswith("Hypothesis ")


@pytest.mark.skipif(find_spec("crosshair") is None, reason="not run: .venv/bin/pip install crosshair-tool")
def test_crosshair_finds_what_no_recorded_or_drawn_argument_reaches(repository: Repository, compare: Compare) -> None:
    hidden = GATE.replace("    if number:\n", "    if number == 731215:\n        return 5\n    if number:\n")
    small = repository({"gate.py": hidden, "tests/test_gate.py": TESTS})
    gone = small.replacing(1, "gate.py", "    if number == 731215:\n        return 5\n", "")
    found = compare(small, replace(gone, promise=Promise.MEANT))[1].differential
    assert found.searchers[1].startswith("CrossHair ")
    assert found.counterexample is not None
    assert found.counterexample.arguments == "number=731215"


def test_an_odd_argument_speaks_only_against_who_vouches_for_equality(repository: Repository, compare: Compare) -> None:
    small = repository()
    told = compare(small, replace(small.replacing(1, "gate.py", "door == None", "door is None"), promise=Promise.MEANT))
    assert told[1].differential.counterexample.arguments == "door=EqualToAll()"
    assert verdict(told[1])[0] is Verdict.APPROVED


def test_a_change_that_is_meant_to_change_something_is_not_compared(repository: Repository, compare: Compare) -> None:
    small = repository()
    told = compare(small, small.replacing(1, "gate.py", "door == None", "door is None"))
    assert told[1].differential.state is DifferenceState.NOT_ASKED


def test_a_call_that_never_ends_is_a_difference_and_ends_nothing_else(repository: Repository, compare: Compare) -> None:
    loop = "def down(number: int) -> int:\n    while number > 0:\n        number -= 1\n    return 0\n"
    small = repository({"loop.py": loop, "tests/test_loop.py": "import loop\n\n\ndef test_it():\n    loop.down(3)\n"})
    change = small.replacing(1, "loop.py", "number > 0", "number")
    told = compare(small, replace(change, promise=Promise.KEPT))[1]
    assert told.differential.state is DifferenceState.DIFFERS
    assert told.differential.counterexample.new == "does not end"


def test_what_no_function_holds_is_told_as_not_comparable(repository: Repository, compare: Compare) -> None:
    files = {**FILES, "gate.py": f"{GATE}\n\nWIDE = 1\n"}
    small = repository(files)
    told = compare(small, replace(small.replacing(1, "gate.py", "WIDE = 1", "WIDE = 2"), promise=Promise.KEPT))[1]
    assert told.differential.state is DifferenceState.NOT_COMPARABLE
    assert told.differential.detail == "No function that stands before and after is changed."
